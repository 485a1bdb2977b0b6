// Reads a curl line as our pages write them: -i, -X, -H, -d with single quotes, one URL; a backslash at a line's end goes on.

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
  return call;
}

/** The curl lines of a page's shell blocks, in order. */
export function curlLines(page: string): string[] {
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]!.trim());
  return blocks.flatMap((block) => block.split(/\n(?=curl )/)).filter((line) => line.startsWith('curl '));
}
