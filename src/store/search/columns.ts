// The search index of one resource: columns of its own row, and rows of three narrow side tables. What is listed here is
// what migrations/0002-store.sql, 0021-store-numbers.sql and 0024-store-custom-parameters.sql create (a test compares them) and what every write fills.
import { foldText } from '../../fhir';
import type { DateEntry, IndexEntries, ReferenceEntry, SearchEntry, StringEntry } from '../../fhir';
import { indexKey, isPlainReference, referenceForms, tokenForms, typedIdentifierForm } from './index-keys';
import { elementRows, numberRow } from './number-rows';
import { paramsOf, placementOf, type Placement } from './placement';
import { timestampText } from './timestamps';

export interface IndexColumn {
  readonly name: string;
  /** As a parameter is cast. */
  readonly type: string;
  /** SQL of the value that a deleted resource has. */
  readonly empty: string;
}

export interface SideTable {
  readonly name: string;
  /** Besides tenant, type, id and version of the resource row they belong to. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** In the order of IndexRow.columns. */
export const indexColumns: readonly IndexColumn[] = [
  // Codes, codings, booleans, contact points: every form a query may use.
  { name: 'tokens', type: 'text[]', empty: `'{}'` },
  // Identifiers, apart from codes: nearly every value is of one resource only, so the planner needs other statistics.
  { name: 'identifiers', type: 'text[]', empty: `'{}'` },
  // References, canonicals and uris.
  { name: 'refs', type: 'text[]', empty: `'{}'` },
  // Codes of the parameters that are present, for `:missing`. Not indexed: it verifies, it never selects.
  { name: 'present', type: 'text[]', empty: `'{}'` },
  { name: 'subject_ref', type: 'text', empty: 'null' },
  { name: 'encounter_ref', type: 'text', empty: 'null' },
  // The interval [low, high) of the type's main date.
  { name: 'date_low', type: 'timestamptz', empty: 'null' },
  { name: 'date_high', type: 'timestamptz', empty: 'null' },
  // What people read of codes, folded, for `:text`. Not indexed: it verifies, it never selects.
  { name: 'texts', type: 'text[]', empty: `'{}'` },
  // Which SearchParameters of one's own the entries were made by; null for types that never had any. See ADR 21.
  { name: 'custom_revision', type: 'int4', empty: 'null' },
];

/** In the order of IndexRow.side. A row counts only while its version is the resource's current one. */
export const sideTables: readonly SideTable[] = [
  {
    name: 'resource_string',
    columns: [
      { name: 'param', type: 'text' },
      { name: 'folded', type: 'text' },
      // As written, for `:exact`; null when folding changed nothing.
      { name: 'exact', type: 'text' },
    ],
  },
  {
    name: 'resource_date',
    columns: [
      { name: 'param', type: 'text' },
      { name: 'low', type: 'timestamptz' },
      { name: 'high', type: 'timestamptz' },
    ],
  },
  {
    name: 'resource_number',
    columns: [
      { name: 'param', type: 'text' },
      { name: 'element', type: 'int4' },
      { name: 'keys', type: 'text' },
      { name: 'low', type: 'float8' },
      { name: 'high', type: 'float8' },
      { name: 'code', type: 'text' },
      { name: 'label', type: 'text' },
      { name: 'unit', type: 'text' },
      { name: 'unit_low', type: 'float8' },
      { name: 'unit_high', type: 'float8' },
    ],
  },
];

export interface IndexRow {
  /** Values in the order of indexColumns. */
  readonly columns: readonly unknown[];
  /** Per side table its rows, each with values in the order of its columns. */
  readonly side: readonly (readonly (readonly unknown[])[])[];
}

/** Rows of one string parameter: equal ones would only make the table longer. */
interface StringRows {
  /** Under which codes they may stand. */
  readonly params: readonly string[];
  readonly byValue: Map<string, readonly unknown[]>;
}

class RowDraft {
  readonly keys = { tokens: new Set<string>(), identifiers: new Set<string>(), refs: new Set<string>() };
  readonly present: string[] = [];
  readonly references: { subject_ref?: string; encounter_ref?: string } = {};
  private readonly strings = new Map<string, StringRows>();
  readonly dates: (readonly unknown[])[] = [];
  readonly texts = new Set<string>();
  readonly numbers: (readonly unknown[])[] = [];
  /** Elements of composites so far. */
  private elements = 0;
  date: DateEntry | undefined;

  add(code: string, entry: SearchEntry, placement: Placement): void {
    switch (entry.kind) {
      case 'token':
        if (placement.kind === 'keys') this.addKeys(placement.column, code, tokenForms(entry));
        break;
      case 'reference-identifier':
        this.addKeys('identifiers', `${code}:identifier`, tokenForms(entry.identifier));
        break;
      case 'uri':
        this.addKeys('refs', code, [entry.uri]);
        break;
      case 'reference':
        this.addReference(code, entry, placement);
        break;
      case 'string':
        this.addString(code, entry, placement);
        break;
      case 'date':
        if (placement.kind === 'date-column') this.date ??= entry;
        else if (placement.kind === 'date-rows') {
          this.dates.push([code, timestampText(entry.low), timestampText(entry.high)]);
        }
        break;
      case 'number':
      case 'quantity':
        if (placement.kind === 'number-rows' && placement.params.includes(code))
          this.numbers.push(numberRow(code, entry));
        break;
      case 'composite':
        if (placement.kind === 'element-rows') this.numbers.push(...elementRows(code, this.elements++, entry));
        break;
      case 'token-text':
        this.texts.add(`${code}=${foldText(entry.text)}`);
        break;
      case 'typed-identifier':
        this.addKeys('identifiers', `${code}:of-type`, [typedIdentifierForm(entry)]);
        break;
    }
  }

  private addKeys(column: keyof RowDraft['keys'], code: string, forms: readonly string[]): void {
    for (const form of forms) this.keys[column].add(indexKey(code, form));
  }

  private addReference(code: string, entry: ReferenceEntry, placement: Placement): void {
    if (placement.kind === 'reference-column' && isPlainReference(entry.key)) {
      this.references[placement.column] ??= entry.key;
      if (entry.versionKey !== undefined) this.addKeys('refs', code, [entry.versionKey]);
    } else this.addKeys('refs', code, referenceForms(entry));
  }

  private addString(code: string, { value, folded }: StringEntry, placement: Placement): void {
    const own = this.strings.get(code) ?? { params: paramsOf(placement, code), byValue: new Map() };
    own.byValue.set(value, [code, folded, value === folded ? null : value]);
    this.strings.set(code, own);
  }

  /** What stands under the code of a part is not repeated under that of the whole. */
  stringRows(): (readonly unknown[])[] {
    return [...this.strings].flatMap(([code, { params, byValue }]) => {
      const parts = params.filter((param) => param !== code);
      const isRepeated = (value: string): boolean => parts.some((part) => this.strings.get(part)?.byValue.has(value));
      return [...byValue].flatMap(([value, row]) => (isRepeated(value) ? [] : [row]));
    });
  }
}

/** In: what a resource is found by. Out: the values of its index columns and side rows, ready to be written. */
export function indexRow(entries: IndexEntries): IndexRow {
  const draft = new RowDraft();
  for (const { parameter, entries: found } of entries.found) {
    const { code } = parameter.definition;
    const placement = placementOf(entries.definitions, entries.type, code);
    if (placement.kind === 'id' || placement.kind === 'last-updated') continue;
    draft.present.push(code);
    for (const entry of found) draft.add(code, entry, placement);
  }
  const { keys, present, references, date, texts, dates, numbers } = draft;
  return {
    columns: [
      [...keys.tokens],
      [...keys.identifiers],
      [...keys.refs],
      present,
      references.subject_ref ?? null,
      references.encounter_ref ?? null,
      date ? timestampText(date.low) : null,
      date ? timestampText(date.high) : null,
      [...texts],
      entries.definitions.custom?.indexRevision(entries.type) ?? null,
    ],
    side: [draft.stringRows(), dates, numbers],
  };
}
