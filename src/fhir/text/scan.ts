// One pass over a well-formed JSON text for what JSON.parse does not tell: a property name given twice, and the depth.
import { closingQuote, items, members, nameAt, skipSpace } from './json-spans';

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

// From this many names on, a set is quicker than comparing with each; it also keeps a hostile object linear.
const NAMES_COMPARED_MAX = 24;

export interface Finding {
  readonly kind: 'duplicate' | 'depth';
  /** Where in the text: the second property of that name, or the bracket that goes too deep. */
  readonly at: number;
}

/** Names of the object that is open at one depth. */
class OpenNames {
  private readonly list: string[] = [];
  private count = 0;
  private set: Set<string> | undefined;

  clear(): void {
    this.count = 0;
    this.set = undefined;
  }

  /** Takes a name in; false when it was there already. */
  add(name: string): boolean {
    if (this.set) return this.set.size !== this.set.add(name).size;
    for (let index = 0; index < this.count; index++) if (this.list[index] === name) return false;
    this.list[this.count++] = name;
    if (this.count === NAMES_COMPARED_MAX) this.set = new Set(this.list.slice(0, this.count));
    return true;
  }
}

/** In: a well-formed JSON text. Out: the first duplicate name or too deep bracket; undefined when there is none. */
export function scanJson(text: string, depthMax: number): Finding | undefined {
  const names: OpenNames[] = [];
  const isObject: boolean[] = [];
  let depth = 0;
  let expectsName = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = closingQuote(text, at);
      if (expectsName && !names[depth]!.add(nameAt(text, at, end + 1))) return { kind: 'duplicate', at };
      expectsName = false;
      at = end;
    } else if (code === COMMA) {
      expectsName = isObject[depth]!;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > depthMax) return { kind: 'depth', at };
      expectsName = isObject[depth] = code === OPEN_BRACE;
      if (expectsName) (names[depth] ??= new OpenNames()).clear();
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth--;
    }
  }
  return undefined;
}

/** The path of what stands at an offset, below `root`: `Patient.name[0].given`. Slow; for messages only. */
export function pathAt(text: string, offset: number, root: string): string {
  let path = root;
  let at = skipSpace(text, 0);
  for (;;) {
    const step = stepTowards(text, at, offset);
    if (!step) return path;
    path += step.suffix;
    at = step.valueStart;
  }
}

function stepTowards(text: string, at: number, offset: number): { suffix: string; valueStart: number } | undefined {
  if (text.charCodeAt(at) === OPEN_BRACE) {
    for (const member of members(text, at)) {
      if (offset >= member.start && offset < member.end) {
        return { suffix: `.${member.name}`, valueStart: member.valueStart };
      }
    }
  } else if (text.charCodeAt(at) === OPEN_BRACKET) {
    let index = 0;
    for (const item of items(text, at)) {
      if (offset >= item.start && offset < item.end) return { suffix: `[${index}]`, valueStart: item.start };
      index++;
    }
  }
  return undefined;
}
