// Criteria of all kinds, made from what resources hold: values that some resource has, near misses of them, OR lists, negations,
// ranges. Deterministic: the same numbers give the same criteria.
import fs from 'node:fs';
import path from 'node:path';
import { indexedParameters, SearchSubject, type FhirDefinitions, type FhirResource } from '../../src/fhir';
import type { IndexedParameter, QuantityEntry, ReferencedSubjects, SearchEntry } from '../../src/fhir';

/** A number in [0, 1), the next at each call. */
export type Random = () => number;

/** Mulberry32: small, fast, good enough to make test data. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

/** The official examples where they lie beside the project, else the selection that the project carries. */
export function exampleResources(): FhirResource[] {
  const root = path.resolve(__dirname, '../..');
  const folders = ['../shared/data/fhir-r4', 'test/fixtures/r4'].map((folder) => path.join(root, folder));
  const folder = folders.find((each) => fs.existsSync(each))!;
  const names = fs.readdirSync(folder).filter((file) => file.endsWith('.json') && !file.startsWith('Bundle'));
  return names.map((file) => JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) as FhirResource);
}

/** What references lead to, as long as there are only these resources. */
export function referencedAmong(definitions: FhirDefinitions, resources: readonly FhirResource[]): ReferencedSubjects {
  const subjects = new Map<string, SearchSubject>();
  const referenced: ReferencedSubjects = (key) => subjects.get(key);
  for (const resource of resources) {
    const { resourceType, id } = resource;
    subjects.set(`${resourceType}/${id}`, new SearchSubject(definitions, resource, referenced));
  }
  return referenced;
}

const numberPrefixes = ['', '', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ne', 'ap'];
const datePrefixes = ['', '', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ne'];

/** A date of some precision at `at`, or a while before or after. */
function dateText(random: Random, at: number): string {
  const shift = pick(random, [0, 0, 1, -1, 86_400_000, -40 * 86_400_000, 400 * 86_400_000]);
  const time = Math.min(Math.max(at + shift, Date.UTC(1800, 0)), Date.UTC(2200, 0));
  const iso = new Date(time).toISOString();
  return pick(random, [iso.slice(0, 4), iso.slice(0, 7), iso.slice(0, 10), `${iso.slice(0, 19)}Z`]);
}

const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&');

function tokenText(random: Random, system: string | undefined, code: string): string {
  const forms = [escaped(code), `|${escaped(code)}`];
  if (system !== undefined) forms.push(`${escaped(system)}|${escaped(code)}`, `${escaped(system)}|`);
  const form = pick(random, forms);
  return form === '' || form === '|' ? 'nothing' : form;
}

function part(random: Random, text: string): string {
  const start = random() < 0.5 ? 0 : Math.floor(random() * text.length);
  return text.slice(start, start + 1 + Math.floor(random() * 8));
}

/** A number near one of the ends, with more or fewer digits. */
function numberText(random: Random, { low, high }: { readonly low: number; readonly high: number }): string {
  const ends = [low, high].filter(Number.isFinite);
  const at = ends.length > 0 ? pick(random, ends) : 1;
  const digits = pick(random, [0, 1, 2, 5]);
  const near = at + pick(random, [0, 0, 0, 1, -1, 0.05, -at / 20]);
  return pick(random, [String(at), near.toFixed(digits), near.toPrecision(2)]).replace('e+', 'e');
}

/** Without a unit, with the code or the unit alone, with its system, or the same thing in thousandths. */
function quantityText(random: Random, entry: QuantityEntry): string {
  const number = pick(random, numberPrefixes) + numberText(random, entry);
  const { code, label, unit } = entry;
  const name = label ?? code;
  const forms = [number, ...(name === undefined ? [] : [`${number}||${escaped(name)}`])];
  if (unit && code !== undefined) {
    const system = unit.key.startsWith('ucum:')
      ? 'http://unitsofmeasure.org'
      : unit.key.slice(0, unit.key.lastIndexOf('|'));
    forms.push(`${number}|${escaped(system)}|${escaped(code)}`);
    forms.push(`${number}e3|${escaped(system)}|${escaped(`m${code}`)}`);
  }
  const form = pick(random, forms);
  return /e-?\d+e3/.test(form) ? number : form;
}

/** Each part as a value of its own, of the same element. */
function compositeText(random: Random, parts: readonly (readonly SearchEntry[])[]): string {
  return parts
    .map((entries) => entries.filter(({ kind }) => !extras.includes(kind)))
    .map((entries) => (entries.length > 0 ? written(random, pick(random, entries), true).value : 'none'))
    .join('$');
}

/** Entries that are asked for with modifiers only. */
const extras: readonly string[] = ['token-text', 'typed-identifier', 'reference-identifier'];

interface Written {
  readonly modifier: string;
  readonly value: string;
}

function uriWritten(random: Random, uri: string): Written {
  const modifier = uri.includes('://') ? pick(random, ['', '', ':above', ':below']) : '';
  const shorter = uri.slice(0, Math.max(uri.lastIndexOf('/'), uri.indexOf('/') + 3));
  if (modifier === ':below') return { modifier, value: escaped(pick(random, [uri, shorter])) };
  return { modifier, value: escaped(modifier === '' ? uri : `${uri}${pick(random, ['', '/', '/more/1', 'x'])}`) };
}

function written(random: Random, entry: SearchEntry, isPart = false): Written {
  switch (entry.kind) {
    case 'token':
      return {
        modifier: isPart ? '' : pick(random, ['', '', '', ':not']),
        value: tokenText(random, entry.system, entry.code),
      };
    case 'reference':
      return {
        modifier: '',
        value: escaped(pick(random, [entry.key, entry.versionKey ?? entry.key, entry.id ?? entry.key])),
      };
    case 'reference-identifier':
      return { modifier: ':identifier', value: tokenText(random, entry.identifier.system, entry.identifier.code) };
    case 'uri':
      return uriWritten(random, entry.uri);
    case 'token-text':
      return { modifier: ':text', value: escaped(part(random, entry.text)) };
    case 'typed-identifier':
      return { modifier: ':of-type', value: [entry.system, entry.code, entry.value].map(escaped).join('|') };
    case 'number':
      return { modifier: '', value: pick(random, numberPrefixes) + numberText(random, entry) };
    case 'quantity':
      return { modifier: '', value: quantityText(random, entry) };
    case 'composite':
      return { modifier: '', value: compositeText(random, entry.parts) };
    case 'date': {
      const ends = [entry.low, entry.high].filter(Number.isFinite);
      return {
        modifier: '',
        value: pick(random, datePrefixes) + dateText(random, ends.length > 0 ? pick(random, ends) : 0),
      };
    }
    case 'string': {
      const modifier = isPart ? '' : pick(random, ['', '', ':exact', ':contains']);
      return { modifier, value: escaped(modifier === ':exact' ? entry.value : part(random, entry.folded)) };
    }
    default:
      return { modifier: ':missing', value: pick(random, ['true', 'false']) };
  }
}

/** A lower and an upper bound on the same parameter. */
function windowText(
  random: Random,
  parameter: IndexedParameter,
  resources: readonly FhirResource[],
): string | undefined {
  const { code } = parameter.definition;
  const entries = resources.flatMap((resource) => parameter.extract(resource, '').entries);
  const ends = entries.flatMap((entry) => {
    if (entry.kind === 'date') return [entry.low, entry.high].filter(Number.isFinite).map((at) => dateText(random, at));
    return entry.kind === 'number' || entry.kind === 'quantity' ? [numberText(random, entry)] : [];
  });
  if (ends.length === 0) return undefined;
  const [from, to] = [pick(random, ends), pick(random, ends)];
  return `${code}=${pick(random, ['gt', 'ge'])}${from}&${code}=${pick(random, ['lt', 'le'])}${to}`;
}

function clause(random: Random, parameter: IndexedParameter, resources: readonly FhirResource[]): string | undefined {
  const { code } = parameter.definition;
  if (random() < 0.05) return `${code}:missing=${pick(random, ['true', 'false'])}`;
  const entries = resources.flatMap((resource) => parameter.extract(resource, '').entries);
  if (entries.length === 0) return undefined;
  const window = random() < 0.15 ? windowText(random, parameter, resources) : undefined;
  if (window !== undefined) return window;
  const first = written(random, pick(random, entries));
  const values = [first.value];
  while (random() < 0.3) {
    const other = written(random, pick(random, entries));
    if (other.modifier === first.modifier) values.push(other.value);
  }
  const texts = values.filter((value) => value.trim() !== '');
  if (texts.length === 0) return undefined;
  return `${code}${first.modifier}=${texts.map((text) => encodeURIComponent(text)).join(',')}`;
}

/**
 * In: resources of one type. Out: criteria of zero to four clauses, most of which some of the resources satisfy in part. What a
 * parser then refuses (a text that folds to nothing) is the caller's to skip.
 */
export function generatedCriteria(
  random: Random,
  definitions: FhirDefinitions,
  resources: readonly FhirResource[],
): string {
  const type = resources[0]!.resourceType;
  const parameters = [...indexedParameters(definitions, type).values()];
  const count = pick(random, [0, 1, 1, 2, 2, 2, 3, 4]);
  const about = Array.from({ length: 4 }, () => pick(random, resources));
  const clauses = Array.from({ length: count }, () => clause(random, pick(random, parameters), about));
  const texts = clauses.filter((text) => text !== undefined);
  return texts.length === 0 ? type : `${type}?${texts.join('&')}`;
}
