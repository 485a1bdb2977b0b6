// Rows of resource_number: of numbers and quantities, and of the repeating elements of composites.
import type { CompositeEntry, NumberEntry, QuantityEntry, SearchEntry } from '../../fhir';
import { indexKey, referenceForms, tokenForms } from './index-keys';

/** JSON has no infinity; Postgres reads its name. */
const numberValue = (value: number): unknown => (Number.isFinite(value) ? value : String(value));

/** From `low` on. */
function measureColumns(entry: NumberEntry | QuantityEntry): unknown[] {
  const written = [numberValue(entry.low), numberValue(entry.high)];
  if (entry.kind === 'number') return [...written, null, null, null, null, null];
  const { code = null, label = null, unit } = entry;
  const inUnit = unit ? [unit.key, numberValue(unit.low), numberValue(unit.high)] : [null, null, null];
  return [...written, code, label, ...inUnit];
}

export function numberRow(code: string, entry: NumberEntry | QuantityEntry): readonly unknown[] {
  return [code, null, null, ...measureColumns(entry)];
}

/** Under which name the rows of one part of a composite stand; of one without numbers, those of the whole. */
export function partName(code: string, part: number | undefined): string {
  return `${code}$${part ?? ''}`;
}

/** The key of a part's code or reference. */
export function partKey(part: number, form: string): string {
  return indexKey(String(part), form);
}

function formsOf(entry: SearchEntry): readonly string[] {
  if (entry.kind === 'token') return tokenForms(entry);
  return entry.kind === 'reference' ? referenceForms(entry) : [];
}

const noNumber = [0, 0, null, null, null, null, null];

/** In: one element. Out: a row for each of its numbers, with the keys of its codes and references; one row when it has no numbers. */
export function elementRows(code: string, element: number, { parts }: CompositeEntry): (readonly unknown[])[] {
  const keys = new Set(parts.flatMap((entries, part) => entries.flatMap(formsOf).map((form) => partKey(part, form))));
  const keysText = JSON.stringify([...keys]);
  const rows = parts.flatMap((entries, part) =>
    entries.flatMap((entry) =>
      entry.kind === 'number' || entry.kind === 'quantity'
        ? [[partName(code, part), element, keysText, ...measureColumns(entry)]]
        : [],
    ),
  );
  return rows.length > 0 ? rows : [[partName(code, undefined), element, keysText, ...noNumber]];
}
