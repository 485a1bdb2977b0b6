// Where things stand in a JSON text that is already known to be well formed. Offsets are indexes into the string;
// `end` is the index after the last character. Nothing is copied, so the client's bytes can be kept.

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const COMMA = 44;

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One property of an object: `start` is its name's opening quote, `end` the end of its value. */
export interface Member extends Span {
  readonly name: string;
  readonly valueStart: number;
}

/** In: index of any character. Out: index of the first one, from there, that is not JSON white space. */
export function skipSpace(text: string, at: number): number {
  let index = at;
  for (let code = text.charCodeAt(index); code === 32 || code === 10 || code === 13 || code === 9;) {
    code = text.charCodeAt(++index);
  }
  return index;
}

/** In: index of a string's opening quote. Out: index of its closing quote. */
export function closingQuote(text: string, opening: number): number {
  let quote = text.indexOf('"', opening + 1);
  while (text.charCodeAt(quote - 1) === BACKSLASH && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote;
}

function isEscaped(text: string, quote: number): boolean {
  let index = quote - 1;
  while (text.charCodeAt(index) === BACKSLASH) index--;
  return (quote - index) % 2 === 0;
}

/** In: index of a value's first character. Out: the index after its last. */
export function valueEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return closingQuote(text, start) + 1;
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return scalarEnd(text, start);
  let depth = 0;
  for (let index = start; ; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = closingQuote(text, index);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return index + 1;
  }
}

function scalarEnd(text: string, start: number): number {
  let index = start;
  for (let code = text.charCodeAt(index); code > 32 && code !== COMMA && code !== CLOSE_BRACE;) {
    if (code === CLOSE_BRACKET) break;
    code = text.charCodeAt(++index);
  }
  return index;
}

/** A property name as it is meant: escapes resolved. `start` and `end` enclose the quotes. */
export function nameAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : raw;
}

/** In: index of an object's `{`. Out: its members, in order, read as they are asked for. */
export function* members(text: string, open: number): Generator<Member> {
  let at = skipSpace(text, open + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = closingQuote(text, at) + 1;
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = valueEnd(text, valueStart);
    yield { name: nameAt(text, at, nameEnd), start: at, valueStart, end };
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== COMMA) return;
    at = skipSpace(text, at + 1);
  }
}

/** In: index of an array's `[`. Out: the spans of its items, in order. */
export function* items(text: string, open: number): Generator<Span> {
  let at = skipSpace(text, open + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = valueEnd(text, at);
    yield { start: at, end };
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== COMMA) return;
    at = skipSpace(text, at + 1);
  }
}
