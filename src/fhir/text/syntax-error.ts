// Finds where a text stops being JSON, for the message: a strict reader after RFC 8259 that keeps nothing but its position.
// It runs only after JSON.parse has refused the text.

export interface SyntaxFault {
  /** Counted from 1; columns in UTF-16 units, as editors count. */
  readonly line: number;
  readonly column: number;
  /** What was wrong there, ready to stand in a sentence. */
  readonly what: string;
}

// Runs of plain characters between escapes, so that a string of megabytes needs no back-tracking stack.

const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | ', or }' | ', or ]' | 'end';

/** The reader's state: position, what may come next, and the brackets that are open. */
class Reader {
  at = 0;
  expected: Expected = 'value';
  private readonly open: ('}' | ']')[] = [];

  constructor(readonly text: string) {}

  /** Consumes one token; false at the first that does not fit. */
  step(): boolean {
    this.match(SPACE);
    const character = this.text[this.at];
    if (this.expected === 'end' || character === undefined) return false;
    if (character === this.open.at(-1) && /[}\]]$/.test(this.expected)) return this.close();
    if (this.expected.startsWith(',')) return this.comma(character);
    return this.expected.startsWith('name') ? this.name() : this.value(character);
  }

  private match(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  private afterValue(): true {
    const bracket = this.open.at(-1);
    this.expected = bracket === undefined ? 'end' : `, or ${bracket}`;
    return true;
  }

  private close(): true {
    this.at++;
    this.open.pop();
    return this.afterValue();
  }

  private comma(character: string): boolean {
    if (character !== ',') return false;
    this.at++;
    this.expected = this.open.at(-1) === '}' ? 'name' : 'value';
    return true;
  }

  private name(): boolean {
    if (!this.match(STRING)) return false;
    this.match(SPACE);
    if (this.text[this.at] !== ':') return false;
    this.at++;
    this.expected = 'value';
    return true;
  }

  private value(character: string): boolean {
    if (character === '{' || character === '[') {
      this.at++;
      this.open.push(character === '{' ? '}' : ']');
      this.expected = character === '{' ? 'name or }' : 'value or ]';
      return true;
    }
    return this.match(STRING) || this.match(SCALAR) ? this.afterValue() : false;
  }
}

/** The whole character at an index, undefined at the end. */
function characterAt(text: string, index: number): string | undefined {
  const point = text.codePointAt(index);
  return point === undefined ? undefined : String.fromCodePoint(point);
}

function describe(reader: Reader): string {
  const character = characterAt(reader.text, reader.at);
  const found = character === undefined ? 'the text ends' : `${JSON.stringify(character)} stands`;
  const wanted = reader.expected === 'end' ? 'nothing more' : reader.expected;
  if (character === '"') return 'a string is not closed, or holds a control character or an unknown escape';
  return `${found} where ${wanted} was expected`;
}

/** In: a text JSON.parse refused. Out: the place of the first fault. */
export function findSyntaxFault(text: string): SyntaxFault {
  const reader = new Reader(text);
  while (reader.step());
  const before = text.slice(0, reader.at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: reader.at - lineStart + 1, what: describe(reader) };
}
