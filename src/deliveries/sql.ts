// Reads this room's hot statements: one per file in sql/, prepared under the file's name.
import fs from 'node:fs';
import path from 'node:path';
import type { Statement } from '../platform';

/** A statement of sql/ waiting for its values. Read once, when the module loads. */
export function statement(file: string): (values: readonly unknown[]) => Statement {
  const text = fs.readFileSync(path.join(__dirname, 'sql', `${file}.sql`), 'utf8');
  const name = `deliveries.${file}`;
  return (values) => ({ name, text, values });
}

/** Turns rows into one array per column, in the order given: what `unnest($1, $2, …)` takes. */
export function columns<T>(rows: readonly T[], ...pick: readonly ((row: T) => unknown)[]): unknown[][] {
  return pick.map((value) => rows.map(value));
}
