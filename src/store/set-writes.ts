// Carries out the writes of a transaction with set statements: as many round trips for 500 entries as for five.
import { appendEvents, type NewEvent } from '../outbox';
import { groupBy, type Tx } from '../platform';
import type { Draft } from './draft';
import type { LockedRow } from './locks';
import type { StoredInteraction, WriteContext } from './resource-version';
import { resourceRowsJson, sideRowsJson, type NewRow } from './rows-json';
import { sideTables } from './search/columns';
import {
  deleteRowsSql,
  deleteSideRowSetsSql,
  insertRowsSql,
  insertSideRowSetsSql,
  insertVersionsSql,
  updateRowsSql,
} from './sql/set-writes.sql';

/** One row about to change; everything in it is decided. */
export interface RowWrite {
  readonly type: string;
  readonly id: string;
  readonly interaction: StoredInteraction;
  readonly version: number;
  readonly lastUpdated: Date;
  /** The stored text; null for a tombstone. */
  readonly body: string | null;
  /** Absent for a delete. */
  readonly draft?: Draft;
  /** Absent for a row that does not exist yet. */
  readonly locked?: LockedRow;
  readonly event: NewEvent;
}

/** A row that was not there when the locks were taken was there at the insert: roll back and begin again. */
export class RowAppeared extends Error {
  override name = 'RowAppeared';
}

/** Deletes, then new rows, then changed rows, then versions, index and events. Throws RowAppeared. */
export async function writeRows(tx: Tx, context: WriteContext, writes: readonly RowWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await deleteRows(
    tx,
    context,
    writes.filter((write) => write.interaction === 'delete'),
  );
  const drafted = writes.filter((write) => write.draft);
  await insertRows(
    tx,
    context,
    drafted.filter((write) => !write.locked),
  );
  await updateRows(
    tx,
    context,
    drafted.filter((write) => write.locked),
  );
  await insertVersions(tx, context, writes);
  await writeSideRows(tx, context, writes);
  await appendEvents(
    tx,
    writes.map((write) => write.event),
  );
}

async function deleteRows(tx: Tx, context: WriteContext, deletes: readonly RowWrite[]): Promise<void> {
  for (const [type, writes] of groupBy(deletes, (write) => write.type)) {
    const { rowCount } = await tx.query({
      ...deleteRowsSql(type),
      values: [context.tenant, writes.map((w) => w.id), writes.map((w) => w.version), timesOf(writes)],
    });
    expectAll(rowCount, writes, 'deleted');
  }
}

async function insertRows(tx: Tx, context: WriteContext, inserts: readonly RowWrite[]): Promise<void> {
  if (inserts.length === 0) return;
  const { rowCount } = await tx.query({ ...insertRowsSql, values: [resourceRowsJson(inserts.map(newRowOf(context)))] });
  if (rowCount < inserts.length)
    throw new RowAppeared(`${inserts.length - rowCount} rows appeared after the locks were taken`);
}

async function updateRows(tx: Tx, context: WriteContext, updates: readonly RowWrite[]): Promise<void> {
  for (const [type, writes] of groupBy(updates, (write) => write.type)) {
    const { rowCount } = await tx.query({
      ...updateRowsSql(type),
      values: [resourceRowsJson(writes.map(newRowOf(context)))],
    });
    expectAll(rowCount, writes, 'updated');
  }
}

async function insertVersions(tx: Tx, context: WriteContext, writes: readonly RowWrite[]): Promise<void> {
  await tx.query({
    ...insertVersionsSql,
    values: [
      context.tenant,
      writes.map((write) => write.type),
      writes.map((write) => write.id),
      writes.map((write) => write.version),
      timesOf(writes),
      writes.map((write) => write.interaction),
      writes.map((write) => write.body),
    ],
  });
}

async function writeSideRows(tx: Tx, context: WriteContext, writes: readonly RowWrite[]): Promise<void> {
  const changed = writes.filter((write) => write.locked);
  const drafted = writes.filter((write) => write.draft).map(newRowOf(context));
  for (const index of sideTables.keys()) {
    if (changed.length > 0) {
      const values = [context.tenant, changed.map((write) => write.type), changed.map((write) => write.id)];
      await tx.query({ ...deleteSideRowSetsSql[index]!, values });
    }
    const rows = drafted.filter((row) => (row.draft.index.side[index] ?? []).length > 0);
    if (rows.length > 0) await tx.query({ ...insertSideRowSetsSql[index]!, values: [sideRowsJson(rows, index)] });
  }
}

const timesOf = (writes: readonly RowWrite[]): string[] => writes.map((write) => write.lastUpdated.toISOString());

const newRowOf =
  (context: WriteContext) =>
  ({ draft, version, lastUpdated }: RowWrite): NewRow => ({
    tenant: context.tenant,
    draft: draft!,
    version,
    lastUpdated,
  });

function expectAll(rowCount: number, writes: readonly RowWrite[], what: string): void {
  if (rowCount !== writes.length) throw new Error(`${rowCount} of ${writes.length} locked rows were ${what}`);
}
