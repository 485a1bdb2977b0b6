// What the modifiers `:text` and `:of-type` ask of codes and identifiers. http://hl7.org/fhir/R4/search.html#token
import { errorIssue, type Issue } from '../outcome/outcome';
import { escapeValue, splitUnescaped, unescapeValue } from './escapes';
import { foldText, storableText } from './fold';
import type { TokenEntry, TokenTextEntry, TypedIdentifierEntry } from './search-entry';
import type { TokenTextValue, TypedIdentifierValue } from './search-query';
import type { ValueContext } from './search-type.contract';

const typesWithText = ['CodeableConcept', 'Coding', 'Identifier'];

type Into = (TokenEntry | TokenTextEntry | TypedIdentifierEntry)[];

interface Concept {
  readonly text?: unknown;
  readonly coding?: unknown;
}

interface CodingFields {
  readonly system?: unknown;
  readonly code?: unknown;
  readonly display?: unknown;
}

function addText(text: unknown, into: Into): void {
  if (typeof text === 'string' && text !== '') into.push({ kind: 'token-text', text: storableText(text) });
}

function codingsOf({ coding }: Concept): readonly CodingFields[] {
  return Array.isArray(coding) ? (coding as (CodingFields | null)[]).filter((each) => each !== null) : [];
}

/** The text of a Coding is its display. */
export function addCodingText({ display }: CodingFields, into: Into): void {
  addText(display, into);
}

export function addConceptTexts(concept: Concept, into: Into): void {
  addText(concept.text, into);
  for (const coding of codingsOf(concept)) addText(coding.display, into);
}

/** In: an Identifier. Its type is what is read and asked for. */
export function addIdentifierType(identifier: { readonly type?: Concept; readonly value?: unknown }, into: Into): void {
  const { type, value } = identifier;
  if (typeof type !== 'object' || type === null) return;
  addText(type.text, into);
  if (typeof value !== 'string' || value === '') return;
  for (const { system, code } of codingsOf(type)) {
    if (typeof system !== 'string' || typeof code !== 'string') continue;
    into.push({
      kind: 'typed-identifier',
      system: storableText(system),
      code: storableText(code),
      value: storableText(value),
    });
  }
}

/** In: a text as written. Out: its beginning, folded; an issue when nothing is left of it. */
export function parseTokenText(raw: string, { parameter, leafTypes }: ValueContext): TokenTextValue | Issue {
  if (leafTypes.length > 0 && !leafTypes.some((type) => typesWithText.includes(type))) {
    return errorIssue(
      'not-supported',
      `":text" asks for what people read of a code; ${parameter.code} finds bare codes. Ask for the code.`,
    );
  }
  const folded = foldText(unescapeValue(raw));
  if (folded !== '') return { kind: 'token-text', folded, text: escapeValue(folded) };
  return errorIssue(
    'value',
    `"${raw}" holds nothing that a text of ${parameter.code} could begin with. Write a few letters.`,
  );
}

/** In: `system|code|value`. Out: the value; an issue when a part is missing or the parameter finds no identifiers. */
export function parseTypedIdentifier(
  raw: string,
  { parameter, leafTypes }: ValueContext,
): TypedIdentifierValue | Issue {
  if (!leafTypes.includes('Identifier')) {
    return errorIssue('not-supported', `":of-type" asks for the type of an Identifier; ${parameter.code} finds none.`);
  }
  const [system = '', code = '', value = '', ...more] = splitUnescaped(raw, '|').map(unescapeValue);
  if (system === '' || code === '' || value === '' || more.length > 0) {
    return errorIssue(
      'value',
      `"${raw}" is not a typed identifier. Write system|code|value, as in http://terminology.hl7.org/CodeSystem/v2-0203|MR|446053.`,
    );
  }
  const text = [system, code, value].map(escapeValue).join('|');
  return { kind: 'typed-identifier', text, system, code, value };
}

export function matchesTokenText({ text }: TokenTextEntry, { folded }: TokenTextValue): boolean {
  return foldText(text).startsWith(folded);
}

export function matchesTypedIdentifier(entry: TypedIdentifierEntry, wanted: TypedIdentifierValue): boolean {
  return entry.value === wanted.value && entry.code === wanted.code && entry.system === wanted.system;
}
