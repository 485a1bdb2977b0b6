// Reads the part of FHIRPath that search parameters use: dotted paths with ofType/as, where(a='b'), where(resolve() is T),
// an index, unions of these, and `X.exists() and X != false`. http://hl7.org/fhir/R4/searchparameter.html

export type PathStep =
  | { readonly kind: 'child'; readonly name: string }
  | { readonly kind: 'ofType'; readonly type: string }
  | { readonly kind: 'whereEquals'; readonly name: string; readonly value: string }
  | { readonly kind: 'whereResolvesTo'; readonly type: string }
  | { readonly kind: 'at'; readonly index: number };

export interface PathBranch {
  /** Type the path starts from (`Observation`). */
  readonly root: string;
  readonly steps: readonly PathStep[];
  /** `exists() and … != false`: the branch answers one boolean instead of elements. */
  readonly isExistence?: boolean;
}

const stepPatterns: readonly (readonly [RegExp, (match: RegExpExecArray) => PathStep])[] = [
  [/^\.(?:ofType|as)\((\w+)\)/, ([, type = '']) => ({ kind: 'ofType', type })],
  [/^\.where\(resolve\(\) is (\w+)\)/, ([, type = '']) => ({ kind: 'whereResolvesTo', type })],
  [/^\.where\((\w+) ?= ?'([^'\\]*)'\)/, ([, name = '', value = '']) => ({ kind: 'whereEquals', name, value })],
  [/^\[(\d+)\]/, ([, index = '']) => ({ kind: 'at', index: Number(index) })],
  [/^\.(\w+)(?!\()/, ([, name = '']) => ({ kind: 'child', name })],
];

/** `extension('url')` is short for a `where`. */
const extensionOf = /\.extension\(('[^'\\]*')\)/g;

function parseBranch(written: string): PathBranch | undefined {
  const text = written.replace(extensionOf, '.extension.where(url=$1)');
  const cast = /^\((.*) as (\w+)\)$/.exec(text);
  if (cast) return parseBranch(`${cast[1]}.ofType(${cast[2]})`);
  const root = /^[A-Z]\w*/.exec(text)?.[0];
  if (root === undefined) return undefined;
  const steps: PathStep[] = [];
  let rest = text.slice(root.length);
  while (rest !== '') {
    const found = stepPatterns
      .map(([pattern, make]) => ({ match: pattern.exec(rest), make }))
      .find(({ match }) => match !== null);
    if (!found?.match) return undefined;
    steps.push(found.make(found.match));
    rest = rest.slice(found.match[0].length);
  }
  return { root, steps };
}

function parseExistence(text: string): PathBranch | undefined {
  const match = /^(\S+)\.exists\(\) and (\S+) != false$/.exec(text);
  if (!match || match[1] !== match[2]) return undefined;
  const branch = parseBranch(match[1]!);
  return branch && { ...branch, isExistence: true };
}

/** In: an expression. Out: its branches; undefined when it uses more of the language than this reader knows. */
export function parsePath(expression: string): PathBranch[] | undefined {
  const text = expression.trim();
  if (text === '') return undefined;
  const existence = parseExistence(text);
  if (existence) return [existence];
  const branches = text.split(/\s*\|\s*/).map(parseBranch);
  return branches.every((branch) => branch !== undefined) ? branches : undefined;
}
