// What is no HTTP request, or never became one in time, has no route and no hooks: it is answered on the socket itself.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorIssue, operationOutcome } from '../fhir';
import type { Issue } from '../fhir';
import type { Log } from '../platform';
import { FHIR_JSON } from './media-types';

const answers: Readonly<Record<string, readonly [status: number, issue: Issue]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    errorIssue(
      'too-long',
      'The URL and headers are larger than this server takes; use POST _search for long searches.',
    ),
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, errorIssue('timeout', 'The request did not arrive in time; send it again.')],
};
const malformed: readonly [number, Issue] = [400, errorIssue('structure', 'This is not a request in HTTP/1.1.')];

/** Answers with an OperationOutcome and closes the connection. */
export function answerUnreadable(error: Error, socket: Socket, log: Log): void {
  const code = (error as { code?: string }).code ?? '';
  // The client has hung up: nobody is left to answer.
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, issue] = answers[code] ?? malformed;
  log.info({ status, code, source: socket.remoteAddress }, 'request.unreadable');
  const body = JSON.stringify(operationOutcome([issue]));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${FHIR_JSON}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
