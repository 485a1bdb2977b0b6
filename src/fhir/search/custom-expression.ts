// The FHIRPath that search parameters of one's own may be made of. Paths that the path reader knows become walks; the rest is interpreted, so it may use only what
// ends soon, needs nothing but the resource, and means the same at any time.
import { customLimits } from './limits';

/** Functions that may be called. None repeats, reads elsewhere, or asks for the time. */
const functions: readonly string[] = [
  'all',
  'as',
  'count',
  'empty',
  'exists',
  'extension',
  'first',
  'hasValue',
  'is',
  'last',
  'not',
  'ofType',
  'resolve',
  'single',
  'where',
];

const token = /'(?:[^'\\]|\\.)*'|[A-Za-z_]\w*\s*\(?|\d+(?:\.\d+)?|!=|<=|>=|[.()[\]|=<>,]|\s+/y;

/** The parts joined by `|` outside of brackets and strings, trimmed. */
export function branchesOf(expression: string): string[] {
  const branches: string[] = [];
  let depth = 0;
  let isText = false;
  let start = 0;
  for (let at = 0; at < expression.length; at += 1) {
    const character = expression[at]!;
    if (isText && character === '\\') at += 1;
    else if (character === "'") isText = !isText;
    else if (isText) continue;
    else if (character === '(' || character === '[') depth += 1;
    else if (character === ')' || character === ']') depth -= 1;
    else if (character === '|' && depth === 0) {
      branches.push(expression.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...branches, expression.slice(start).trim()].map(bracketedCast);
}

/** `X as T` is read as `(X as T)`. */
function bracketedCast(branch: string): string {
  return /^[^()]+ as \w+$/.test(branch) ? `(${branch})` : branch;
}

/** The resource type that a branch starts from. */
export function rootOf(branch: string): string | undefined {
  return /^\(*([A-Z]\w*)/.exec(branch)?.[1];
}

/** Why the expression may not be interpreted, as a sentence; undefined when it may. */
export function notInterpretable(expression: string): string | undefined {
  const { interpretedCharactersMax, interpretedUnionsMax } = customLimits;
  if (expression.length > interpretedCharactersMax || expression.split('|').length > interpretedUnionsMax + 1) {
    return `The expression is more than a path, so it may have at most ${interpretedCharactersMax} characters and ${interpretedUnionsMax} signs |. Make it shorter.`;
  }
  token.lastIndex = 0;
  while (token.lastIndex < expression.length) {
    const at = token.lastIndex;
    const found = token.exec(expression)?.[0];
    if (found === undefined) {
      return `The expression cannot be used here from "${expression.slice(at, at + 40)}" on. Use paths, comparisons and the functions ${functions.join(', ')}.`;
    }
    const called = /^(\w+)\s*\($/.exec(found)?.[1];
    // `and (` is an operator before a bracket.
    if (called !== undefined && !functions.includes(called) && !/^(and|or|as|is|in)$/.test(called)) {
      return `The function ${called}() cannot be used in a search parameter here. Use paths, comparisons and the functions ${functions.join(', ')}.`;
    }
  }
  return undefined;
}
