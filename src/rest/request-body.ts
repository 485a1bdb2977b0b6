// Reads a request body as bytes, whatever its type. A body over the limit is read to its end and thrown away, so that the client
// gets to read our 413 instead of a broken connection.
import type { IncomingMessage } from 'node:http';
import { errorIssue, FhirError } from '../fhir';
import type { Done } from './http';
import { DRAIN_BYTES_MAX } from './limits';

/**
 * Hands the body to `done` as one Buffer, or a FhirError: 413 too large, 400 cut off.
 * @param bytesMax the largest body taken, in bytes
 */
export function readBody(body: IncomingMessage, bytesMax: number, done: Done): void {
  const chunks: Buffer[] = [];
  let received = 0;
  const finish = (error: Error | null, bytes?: Buffer): void => {
    body.removeListener('data', onData).removeListener('end', onEnd).removeListener('error', onBroken);
    body.removeListener('aborted', onBroken);
    done(error, bytes);
  };
  const onData = (chunk: Buffer): void => {
    received += chunk.length;
    if (received <= bytesMax) chunks.push(chunk);
    else if (chunks.length > 0) chunks.length = 0;
    if (received > bytesMax + DRAIN_BYTES_MAX) finish(tooLarge(bytesMax));
  };
  const onEnd = (): void => {
    if (received > bytesMax) finish(tooLarge(bytesMax));
    else finish(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, received));
  };
  const onBroken = (): void => {
    finish(new FhirError(400, errorIssue('structure', 'The body ended before the length that was announced.')));
  };
  body.on('data', onData).on('end', onEnd).on('error', onBroken).on('aborted', onBroken);
}

function tooLarge(bytesMax: number): FhirError {
  const text = `The body is larger than the ${bytesMax} bytes this server takes; send less at once (a Bundle can be split).`;
  return new FhirError(413, errorIssue('too-long', text));
}
