// The codes of a stored ValueSet: its expansion if it brings one, else what it enumerates and what simple filters select of stored CodeSystems.
// Exact or not at all: whatever is not understood makes the whole set unusable. http://hl7.org/fhir/R4/valueset.html
import type { FhirResource } from '../resource';
import { CodeSystemConcepts, type ConceptFilter } from './code-system';
import { termLimits } from './limits';
import type { TermAnswer, TermCode, TermQuestion } from './terms';

/** A stored resource by its canonical (or `ValueSet/id`); text: why there is none to be used. */
export type FindTerms = (type: 'ValueSet' | 'CodeSystem', canonical: string) => Promise<FhirResource | string>;

type Fields = Readonly<Record<string, unknown>>;
type Codes = Map<string, TermCode>;

/** Why a value set cannot be used; caught where the question was asked. */
class Unusable extends Error {}

/** In: a question. Out: its codes, at least one, or why there is no exact answer. */
export async function answerTerms(question: TermQuestion, find: FindTerms): Promise<TermAnswer> {
  let reads = 0;
  const limited: FindTerms = (type, canonical) => {
    if ((reads += 1) > termLimits.resourcesMax)
      throw new Unusable(`it needs more than ${termLimits.resourcesMax} resources`);
    return find(type, canonical);
  };
  try {
    const codes =
      question.kind === 'in' ? await setOf(question.canonical, limited, 1) : await relatedOf(question, limited);
    if (codes.size === 0) return 'it holds no code';
    return codes.size > termLimits.codesMax ? `it holds more than ${termLimits.codesMax} codes` : [...codes.values()];
  } catch (error) {
    // Expected: something in it is not understood, or not stored here.
    if (error instanceof Unusable) return error.message;
    throw error;
  }
}

async function read(type: 'ValueSet' | 'CodeSystem', canonical: string, find: FindTerms): Promise<Fields> {
  const found = await find(type, canonical);
  if (typeof found === 'string') throw new Unusable(found);
  return found;
}

async function relatedOf({ kind, canonical, code }: TermQuestion, find: FindTerms): Promise<Codes> {
  const concepts = CodeSystemConcepts.of((await read('CodeSystem', canonical, find)) as FhirResource);
  const related =
    typeof concepts === 'string' ? concepts : concepts.related(code ?? '', kind === 'above' ? 'above' : 'below');
  if (typeof related === 'string') throw new Unusable(related);
  return codesOf(canonical, related);
}

async function setOf(canonical: string, find: FindTerms, depth: number): Promise<Codes> {
  if (depth > termLimits.depthMax)
    throw new Unusable(`its value sets include each other more than ${termLimits.depthMax} deep`);
  const { expansion, compose } = await read('ValueSet', canonical, find);
  if (isFields(expansion)) return expanded(expansion);
  if (!isFields(compose)) throw new Unusable('it has neither an expansion nor a compose');
  if (compose['inactive'] === false) throw new Unusable('compose.inactive is not supported');
  const codes: Codes = new Map();
  for (const include of listOf(compose['include']))
    for (const [key, code] of await part(include, find, depth)) codes.set(key, code);
  for (const exclude of listOf(compose['exclude']))
    for (const key of (await part(exclude, find, depth)).keys()) codes.delete(key);
  return codes;
}

/** An expansion that says it is only a part of the whole is none. */
function expanded(expansion: Fields): Codes {
  const codes: Codes = new Map();
  let count = 0;
  const add = (contains: unknown): void => {
    for (const one of listOf(contains)) {
      count += 1;
      const { system, code, abstract } = one;
      if (typeof code === 'string' && abstract !== true)
        put(codes, typeof system === 'string' ? system : undefined, code);
      add(one['contains']);
    }
  };
  add(expansion['contains']);
  const { total, offset } = expansion;
  const isPart = (typeof total === 'number' && total > count) || (typeof offset === 'number' && offset > 0);
  const isUnclosed = listOf(expansion['extension']).some(
    ({ url }) => String(url).endsWith('/valueset-unclosed') || String(url).endsWith('/valueset-toocostly'),
  );
  if (isPart || isUnclosed) throw new Unusable('its expansion is only a part of the whole');
  return codes;
}

/** One include or exclude: what its system and its value sets have in common. */
async function part(include: Fields, find: FindTerms, depth: number): Promise<Codes> {
  const { system, valueSet } = include;
  let codes = typeof system === 'string' ? await ofSystem(system, include, find) : undefined;
  for (const canonical of Array.isArray(valueSet) ? (valueSet as unknown[]) : []) {
    const other = await setOf(String(canonical), find, depth + 1);
    codes = codes === undefined ? other : new Map([...codes].filter(([key]) => other.has(key)));
  }
  if (codes === undefined) throw new Unusable('an include names neither a system nor a value set');
  return codes;
}

async function ofSystem(system: string, { concept, filter, version }: Fields, find: FindTerms): Promise<Codes> {
  if (Array.isArray(concept))
    return codesOf(
      system,
      listOf(concept).map(({ code }) => String(code)),
    );
  const canonical = typeof version === 'string' ? `${system}|${version}` : system;
  const concepts = CodeSystemConcepts.of((await read('CodeSystem', canonical, find)) as FhirResource);
  const selected = typeof concepts === 'string' ? concepts : concepts.select(listOf(filter).map(filterOf));
  if (typeof selected === 'string') throw new Unusable(selected);
  return codesOf(system, selected);
}

function filterOf({ property, op, value }: Fields): ConceptFilter {
  return { property: String(property), op: String(op), value: String(value) };
}

function codesOf(system: string, list: Iterable<string>): Codes {
  const codes: Codes = new Map();
  for (const code of list) put(codes, system, code);
  return codes;
}

function put(codes: Codes, system: string | undefined, code: string): void {
  codes.set(`${system ?? ''}|${code}`, { code, ...(system !== undefined && { system }) });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isFields) : [];
}
