// $reindex: the search index of a type is rebuilt from the stored bodies while everything goes on. A page of ids at a time: read, compute, lock the rows that
// are still at that version, write what differs. A row that was written meanwhile has its new index already. No version, no time, no event.
import { indexEntries, type FhirResource, type IndexEntries } from '../fhir';
import { isLockTimeout, type Clock, type Database, type DutyTurn, type Log, type Tx } from '../platform';
import { raiseFence } from './custom/custom-fence';
import type { CustomParameters } from './custom/custom-parameters';
import { markSearchable, nextRevision } from './custom/custom-rows';
import { REINDEX_PAGE_BYTES, REINDEX_PAGE_ROWS, REINDEX_PAUSE_MS } from './limits';
import { holdReindexJob, nextReindexJob, noteFence, noteReindex, type ReindexJob } from './reindex-jobs';
import { resourceRow, sideRowsOf, type IndexedRow } from './rows-json';
import { sideTables, indexRow } from './search/columns';
import { reindexLockFreeSql, reindexLockSql, reindexPageSql, reindexRowsSql, sideChangedSql } from './sql/reindex.sql';
import { deleteSideRowSetsSql, insertSideRowSetsSql } from './sql/set-writes.sql';

export interface ReindexDeps {
  readonly database: Database;
  readonly custom: CustomParameters;
  readonly clock: Clock;
  readonly log: Log;
}

interface PageRow {
  id: string;
  version: number;
  deleted: boolean;
  body: string | null;
}

/** A page, computed. */
interface Page {
  readonly rows: readonly PageRow[];
  readonly indexed: readonly IndexedRow[];
  readonly unreadable: readonly string[];
}

/** Somebody else has the job, or it was asked for anew: this page must not be written. */
class JobMoved extends Error {}

export class Reindex {
  constructor(private readonly deps: ReindexDeps) {}

  /** Does everything that was asked for, page by page, as long as the turn lasts. A crash loses one page, which is then done again. */
  async work({ epoch, signal, mayGoOn }: Pick<DutyTurn, 'epoch' | 'signal' | 'mayGoOn'>): Promise<void> {
    const { database, clock, log } = this.deps;
    for (;;) {
      const job = await nextReindexJob(database);
      if (job === undefined || !(await mayGoOn())) return;
      try {
        await this.page(job, job.fence ?? (await this.begin(job, epoch)), epoch);
      } catch (error) {
        if (isLockTimeout(error)) {
          // Expected: somebody writes to the type for long. The duty comes round again soon.
          log.warn({ type: job.type }, 'reindex.waits-for-writers');
          return;
        }
        // Expected: a process with a later epoch took over, or an operator asked anew.
        if (!(error instanceof JobMoved)) throw error;
        log.info({ type: job.type }, 'reindex.moved');
        return;
      }
      await clock.sleep(REINDEX_PAUSE_MS, signal);
    }
  }

  /** From here on, writes that do not know all search parameters known now are refused by the index (and computed anew by whoever made them). */
  private async begin(job: ReindexJob, epoch: number): Promise<number> {
    const { database, custom } = this.deps;
    await custom.refresh(database);
    const { revision, stored } = custom.definitions;
    // What an earlier version of Herald had begun does not count: its first pages knew less.
    const fence = job.afterId === '' ? revision : 0;
    await database.transaction(async (tx) => {
      await hold(tx, job, epoch);
      const marked = stored.custom?.of(job.type) && stored.custom.indexRevision(job.type);
      if (marked !== undefined) await raiseFence(tx, job.type, marked);
      await noteFence(tx, job, fence);
    });
    return fence;
  }

  private async page(job: ReindexJob, fence: number, epoch: number): Promise<void> {
    const { database, clock, log, custom } = this.deps;
    // Another process may have begun it.
    if (custom.definitions.revision < fence) await custom.refresh(database);
    const page = await this.read(job);
    const free = await this.write(job, epoch, page.indexed, 'skip-locked');
    let rebuilt = free.written;
    // One lock at a time: whoever waits for one row while holding others can be waited for in turn.
    for (const row of free.busy) rebuilt += (await this.write(job, epoch, [row], 'wait')).written;
    const isFinished = page.rows.length === 0;
    const next: ReindexJob = {
      ...job,
      afterId: page.rows.at(-1)?.id ?? job.afterId,
      examined: job.examined + page.rows.length,
      rebuilt: job.rebuilt + rebuilt,
      unreadable: job.unreadable + page.unreadable.length,
      lastUnreadable: page.unreadable.at(-1) ?? job.lastUnreadable,
    };
    await database.transaction(async (tx) => {
      await hold(tx, job, epoch);
      await noteReindex(tx, next, clock.now(), isFinished);
      if (isFinished) await this.finish(tx, job, fence);
    });
    if (isFinished) await custom.refresh(database);
    const { type, examined, unreadable } = next;
    if (isFinished) log.info({ type, examined, rebuilt: next.rebuilt, unreadable }, 'reindex.done');
  }

  private async finish(tx: Tx, { tenant, type }: ReindexJob, fence: number): Promise<void> {
    const { custom, log } = this.deps;
    if (!custom.definitions.stored.custom?.of(type)) return;
    const codes = await markSearchable(tx, { tenant, type, fence }, await nextRevision(tx));
    if (codes.length > 0) log.info({ type, codes }, 'search-parameters.searchable');
  }

  private async read({ tenant, type, afterId, baseUrl }: ReindexJob): Promise<Page> {
    const values = [tenant, afterId, REINDEX_PAGE_ROWS, REINDEX_PAGE_BYTES];
    const { database, custom } = this.deps;
    const definitions = custom.definitions.stored;
    const { rows } = await database.query<PageRow>({ ...reindexPageSql(type), values });
    const indexed: IndexedRow[] = [];
    const unreadable: string[] = [];
    for (const { id, version, deleted, body } of rows) {
      // What is deleted is found by nothing.
      const entries = deleted ? { definitions, type, found: [] } : this.entriesOf(body, baseUrl);
      if (entries === undefined) unreadable.push(id);
      else indexed.push({ tenant, type, id, version, index: indexRow(entries) });
    }
    return { rows, indexed, unreadable };
  }

  private entriesOf(body: string | null, baseUrl: string): IndexEntries | undefined {
    if (body === null) return undefined;
    try {
      return indexEntries(this.deps.custom.definitions.stored, JSON.parse(body) as FhirResource, { baseUrl });
    } catch {
      // Expected: a body changed by hand. Its index stays as it is, and the job counts it.
      return undefined;
    }
  }

  /** Out: how many were written, and those that could not be looked at because somebody is writing them. */
  private write(
    job: ReindexJob,
    epoch: number,
    rows: readonly IndexedRow[],
    manner: 'skip-locked' | 'wait',
  ): Promise<{ written: number; busy: readonly IndexedRow[] }> {
    return this.deps.database.transaction(async (tx) => {
      await hold(tx, job, epoch);
      const lockSql = manner === 'wait' ? reindexLockSql : reindexLockFreeSql;
      const values = [job.tenant, rows.map(({ id }) => id)];
      const locked = await tx.query<{ id: string; version: number }>({ ...lockSql(job.type), values });
      const versions = new Map(locked.rows.map(({ id, version }) => [id, version]));
      const still = rows.filter(({ id, version }) => versions.get(id) === version);
      const written = still.length === 0 ? 0 : await writeIndex(tx, job, still);
      return { written, busy: manner === 'wait' ? [] : rows.filter(({ id }) => !versions.has(id)) };
    });
  }
}

async function hold(tx: Tx, job: ReindexJob, epoch: number): Promise<void> {
  if (!(await holdReindexJob(tx, job, epoch))) throw new JobMoved();
}

/** Writes what differs of rows that are locked. Out: how many resources that were. */
async function writeIndex(tx: Tx, { tenant, type }: ReindexJob, rows: readonly IndexedRow[]): Promise<number> {
  const written = new Set<string>();
  const texts = { ...reindexRowsSql(type), values: [JSON.stringify(rows.map(resourceRow))] };
  for (const { id } of (await tx.query<{ id: string }>(texts)).rows) written.add(id);
  const ids = rows.map(({ id }) => id);
  for (const index of sideTables.keys()) {
    const wanted = JSON.stringify(sideRowsOf(rows, index));
    const changed = await tx.query<{ id: string }>({ ...sideChangedSql[index]!, values: [tenant, type, ids, wanted] });
    const changedIds = new Set(changed.rows.map(({ id }) => id));
    if (changedIds.size === 0) continue;
    const those = rows.filter(({ id }) => changedIds.has(id));
    const values = [tenant, those.map(() => type), those.map(({ id }) => id)];
    await tx.query({ ...deleteSideRowSetsSql[index]!, values });
    await tx.query({ ...insertSideRowSetsSql[index]!, values: [JSON.stringify(sideRowsOf(those, index))] });
    for (const { id } of those) written.add(id);
  }
  return written.size;
}
