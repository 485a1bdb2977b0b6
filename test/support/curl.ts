// Reads a curl line as our pages write them, and does what it says: -i, -X, -H, -d with single quotes, one URL; a backslash at a line's end goes on.
import type { Answer, FhirClient } from './fhir-client';

export interface CurlCall {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export function readCurl(line: string): CurlCall {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2]!).slice(1);
  const call: CurlCall = { method: 'GET', url: '', headers: {} };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-i' || word === '\\') continue;
    if (word === '-X') call.method = words.shift()!;
    else if (word === '-d') call.body = words.shift()!;
    else if (word === '-H') {
      const [name, value] = words.shift()!.split(/:\s*/);
      call.headers[name!.toLowerCase()] = value!;
    } else call.url = word;
  }
  // As curl does: with a body and no verb it posts.
  if (call.body !== undefined && !line.includes(' -X ')) call.method = 'POST';
  return call;
}

/** Where our pages have the server. */
export const PAGE_SERVER = 'http://127.0.0.1:8080';

/** Sends what the line says to this server instead; in its body the receiver of the page is replaced by ours. */
export function sendCurl(herald: FhirClient, line: string, receiver?: { page: string; ours: string }): Promise<Answer> {
  const { method, url, headers, body } = readCurl(line);
  const sent = receiver ? body?.replaceAll(receiver.page, receiver.ours) : body;
  return herald.call(method, url.replace(PAGE_SERVER, ''), { headers, body: sent });
}

/** The curl lines of a page's shell blocks, in order. */
export function curlLines(page: string): string[] {
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!.trim());
  return blocks.flatMap((block) => block.split(/\n(?=curl )/)).filter((line) => line.startsWith('curl '));
}
