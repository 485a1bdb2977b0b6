// What a clause's values are found by: hashed keys for what is compared by equality (or nearly), bounds for what is compared by order.
// The other half of each is taken from a resource's entries, so that both sides meet in one map. A kind of value that is not listed
// here selects nothing and is only verified.
import type {
  CompositeValue,
  DateValue,
  ReferenceValue,
  SearchValue,
  StringValue,
  TokenValue,
  TypedIdentifierEntry,
} from '../../fhir';
import { form, type Form, type Key, type ValueKeys } from './forms';
import { dateCells, rangeKeys } from './range-keys';
import { ownText } from './own-text';

export type { Form, Key, ValueKeys };

export const PRESENT: Key = 1;
export const ABSENT: Key = 0;

const exact = (keysOf: Form['keysOf']) => (): Omit<Form, 'name'> => ({ isExact: true, keysOf });
const separator = '\u0001';

const presence = form('presence', () => ({ isExact: true, isPresence: true, keysOf: () => undefined }));
const code = form(
  'code',
  exact((entry) => (entry.kind === 'token' ? entry.code : undefined)),
);
const codeWithoutSystem = form(
  '|code',
  exact((entry) =>
    entry.kind === 'token' && (entry.system === undefined || entry.isImplied) ? entry.code : undefined,
  ),
);
const codeOfSystem = form(
  'system|code',
  exact((entry) =>
    entry.kind === 'token' && entry.system !== undefined ? entry.system + separator + entry.code : undefined,
  ),
);
const anyOfSystem = form(
  'system|',
  exact((entry) => (entry.kind === 'token' ? entry.system : undefined)),
);
const reference = form(
  'reference',
  exact((entry) => {
    if (entry.kind !== 'reference') return undefined;
    return entry.versionKey === undefined ? entry.key : [entry.key, entry.versionKey];
  }),
);
const uri = form(
  'uri',
  exact((entry) => (entry.kind === 'uri' ? entry.uri : undefined)),
);
const text = form(
  'exact',
  exact((entry) => (entry.kind === 'string' ? entry.value : undefined)),
);

function typedText({ system, code: type, value }: Omit<TypedIdentifierEntry, 'kind'>): string {
  return [system, type, value].join(separator);
}

const ofType = form(
  'of type',
  exact((entry) => (entry.kind === 'typed-identifier' ? typedText(entry) : undefined)),
);

function tokenKeys({ system, code: value }: TokenValue): ValueKeys {
  if (value === undefined) return { form: anyOfSystem, keys: [ownText(system ?? '')] };
  if (system === undefined) return { form: code, keys: [ownText(value)] };
  if (system === '') return { form: codeWithoutSystem, keys: [ownText(value)] };
  return { form: codeOfSystem, keys: [ownText(system + separator + value)] };
}

/** An id alone is asked of some types: they are part of the form, since parameters have few sets of them. */
function idForm(types: readonly string[]): Form {
  return form(`id of ${types.join(' ')}`, () => {
    const wanted = new Set(types);
    return {
      isExact: true,
      keysOf: (entry) => (entry.kind === 'reference' && wanted.has(entry.type ?? '') ? entry.id : undefined),
    };
  });
}

function referenceKeys({ key, id, types }: ReferenceValue): ValueKeys {
  if (key !== undefined) return { form: reference, keys: [ownText(key)] };
  return { form: idForm(types ?? []), keys: [ownText(id ?? '')] };
}

/** The logical identifier of a reference is a token of its own. */
function identifierKeys(value: TokenValue): ValueKeys {
  const inner = tokenKeys(value);
  const made = form(`identifier ${inner.form.name}`, () => ({
    isExact: true,
    keysOf: (entry) => (entry.kind === 'reference-identifier' ? inner.form.keysOf(entry.identifier) : undefined),
  }));
  return { form: made, keys: inner.keys };
}

const GRAM = 3;

function gramsOf(folded: string): string[] {
  const grams = new Set<string>();
  for (let at = 0; at + GRAM <= folded.length; at += 1) grams.add(folded.slice(at, at + GRAM));
  return [...grams];
}

const trigram = form('trigram', () => ({
  isExact: false,
  keysOf: (entry) => (entry.kind === 'string' ? gramsOf(entry.folded) : undefined),
}));

function prefixForm(length: number): Form {
  return form(
    `prefix ${length}`,
    exact((entry) =>
      entry.kind === 'string' && entry.folded.length >= length ? entry.folded.slice(0, length) : undefined,
    ),
  );
}

function stringKeys({ mode, value }: StringValue): ValueKeys | undefined {
  if (mode === 'exact') return { form: text, keys: [ownText(value)] };
  if (mode === 'prefix') return { form: prefixForm(value.length), keys: [ownText(value)] };
  return value.length < GRAM ? undefined : { form: trigram, keys: gramsOf(value), isOneEnough: true };
}

/** `eq` wants entries inside its interval, so it lies in the cells that the entry's low end can be in. */
function dateKeys({ prefix, low, high }: DateValue): ValueKeys | undefined {
  return prefix === 'eq' ? dateCells(low, high) : undefined;
}

/** A composite is found by the keys of its first part that has some; whether the other parts fit is seen then. */
function compositeKeys({ parts }: CompositeValue): ValueKeys | undefined {
  for (const [part, value] of parts.entries()) {
    const inner = value.kind === 'token' || value.kind === 'reference' ? keysOfValue(value) : undefined;
    if (!inner) continue;
    const keysOf: Form['keysOf'] = (entry) =>
      entry.kind === 'composite' ? entry.parts[part]!.flatMap((each) => inner.form.keysOf(each) ?? []) : undefined;
    return { form: form(`part ${part} ${inner.form.name}`, () => ({ isExact: false, keysOf })), keys: inner.keys };
  }
  return undefined;
}

/** In: a value of a clause without negation. Out: its keys; undefined when it cannot be found by any. */
export function keysOfValue(value: SearchValue): ValueKeys | undefined {
  switch (value.kind) {
    case 'token':
      return tokenKeys(value);
    case 'reference':
      return referenceKeys(value);
    case 'reference-identifier':
      return identifierKeys(value.identifier);
    case 'uri':
      return { form: uri, keys: [ownText(value.uri)] };
    case 'string':
      return stringKeys(value);
    case 'date':
      return dateKeys(value);
    case 'number':
    case 'quantity':
      return value.prefix === 'eq' ? rangeKeys(value, value.low, value.high) : undefined;
    case 'typed-identifier':
      return { form: ofType, keys: [ownText(typedText(value))] };
    case 'composite':
      return compositeKeys(value);
    case 'missing':
      return { form: presence, keys: [value.isMissing ? ABSENT : PRESENT] };
    default:
      return undefined;
  }
}
