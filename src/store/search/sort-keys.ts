// What resources are sorted by: of several values the least one going up, the greatest going down; missing ones come last both ways. Told twice,
// as SQL of the row `r`, and of the index values of one version, for the place where a page begins. A test compares the two.
import type { FhirDefinitions, SearchSort } from '../../fhir';
import { indexColumns, sideTables, type IndexRow } from './columns';
import { paramsOf, placementOf, type Placement } from './placement';
import { paramSql, type SqlValues } from './search-sql';

/** The value of one key; undefined when it is missing. Times and numbers as text, which is how they reach a statement. */
export type SortValue = string | undefined;

export interface SortedVersion {
  readonly type: string;
  readonly id: string;
  readonly lastUpdated: Date;
  /** Only read for keys that stand in the index. */
  index(): IndexRow;
}

interface SideKey {
  readonly table: string;
  readonly column: string;
  readonly cast: string;
}

const sideKeys: Readonly<Partial<Record<Placement['kind'], SideKey>>> = {
  'string-rows': { table: 'resource_string', column: 'folded', cast: 'text' },
  'date-rows': { table: 'resource_date', column: 'low', cast: 'timestamptz' },
  'number-rows': { table: 'resource_number', column: 'low', cast: 'float8' },
};

/** A key of codes stands in several forms; the one without a system is what is sorted by. */
function isPlainKey(key: string, column: string): boolean {
  return column === 'refs' || !key.includes('|');
}

/** Type of the key's values in SQL. */
export function sortCast(definitions: FhirDefinitions, type: string, { code }: SearchSort): string {
  const placement = placementOf(definitions, type, code);
  if (placement.kind === 'last-updated' || placement.kind === 'date-column') return 'timestamptz';
  return sideKeys[placement.kind]?.cast ?? 'text';
}

export interface SortAsking {
  readonly definitions: FhirDefinitions;
  readonly type: string;
  readonly values: SqlValues;
  readonly tenant: string;
}

/** SQL of the key's value for the row `r`; null when it is missing. Counts on resource_<side>_owner. */
export function sortSql({ code, isDescending }: SearchSort, asking: SortAsking): string {
  const { definitions, type, values, tenant } = asking;
  const placement = placementOf(definitions, type, code);
  const best = isDescending ? 'max' : 'min';
  switch (placement.kind) {
    case 'id':
      return 'r.id';
    case 'last-updated':
      return 'r.last_updated';
    case 'date-column':
      return 'r.date_low';
    case 'reference-column':
      return `r.${placement.column}`;
    case 'keys': {
      const plain = placement.column === 'refs' ? '' : ` and strpos(k, '|') = 0`;
      const begins = values.add(`${code}=`, 'text');
      return `(select ${best}(k collate "C") from unnest(r.${placement.column}) k where starts_with(k, ${begins})${plain})`;
    }
    default: {
      const side = sideKeys[placement.kind];
      if (!side) throw new Error(`Nothing is sorted by ${type}.${code}`);
      const owner = `s.tenant = ${tenant} and s.type = ${values.add(type, 'text')} and s.id = r.id and s.version = r.version`;
      return `(select ${best}(s.${side.column}) from ${side.table} s where ${owner} and ${paramSql(placement, code, values)})`;
    }
  }
}

function comparable(value: string, cast: string): number {
  if (value === 'infinity') return Infinity;
  if (value === '-infinity') return -Infinity;
  return cast === 'timestamptz' ? Date.parse(value) : Number(value);
}

/** In the order of the database: texts byte by byte. */
function compare(one: string, other: string, cast: string): number {
  if (cast === 'text') return Buffer.compare(Buffer.from(one), Buffer.from(other));
  return comparable(one, cast) - comparable(other, cast);
}

function bestOf(found: readonly string[], cast: string, isDescending: boolean): SortValue {
  return found.reduce<SortValue>((best, value) => {
    if (best === undefined) return value;
    return compare(value, best, cast) < 0 === isDescending ? best : value;
  }, undefined);
}

function columnOf(row: IndexRow, name: string): unknown {
  return row.columns[indexColumns.findIndex((column) => column.name === name)];
}

function sideValues(row: IndexRow, { table, column }: SideKey, params: readonly string[]): string[] {
  const index = sideTables.findIndex(({ name }) => name === table);
  const columns = sideTables[index]!.columns.map(({ name }) => name);
  const rows = row.side[index]!.filter((values) => params.includes(values[columns.indexOf('param')] as string));
  return rows
    .map((values) => values[columns.indexOf(column)])
    .filter((value) => value != null)
    .map(String);
}

/** The same of one version. */
export function sortValue(
  definitions: FhirDefinitions,
  { code, isDescending }: SearchSort,
  version: SortedVersion,
): SortValue {
  const placement = placementOf(definitions, version.type, code);
  switch (placement.kind) {
    case 'id':
      return version.id;
    case 'last-updated':
      return version.lastUpdated.toISOString();
    case 'date-column':
      return (columnOf(version.index(), 'date_low') as string | null) ?? undefined;
    case 'reference-column':
      return (columnOf(version.index(), placement.column) as string | null) ?? undefined;
    case 'keys': {
      const keys = columnOf(version.index(), placement.column) as readonly string[];
      const own = keys.filter((key) => key.startsWith(`${code}=`) && isPlainKey(key, placement.column));
      return bestOf(own, 'text', isDescending);
    }
    default: {
      const side = sideKeys[placement.kind];
      return side && bestOf(sideValues(version.index(), side, paramsOf(placement, code)), side.cast, isDescending);
    }
  }
}
