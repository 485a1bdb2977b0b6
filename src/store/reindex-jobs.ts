// The table reindex_job: which types are to be indexed anew, and how far each has come.
import type { Tx } from '../platform';

export interface ReindexJob {
  readonly tenant: string;
  readonly type: string;
  readonly afterId: string;
  /** Resources looked at, those whose index was written anew, and bodies that could not be read. */
  readonly examined: number;
  readonly rebuilt: number;
  readonly unreadable: number;
  readonly lastUnreadable?: string;
  readonly baseUrl: string;
  readonly askedAt: Date;
  readonly workedAt?: Date;
  readonly finishedAt?: Date;
  /** What all entries written since it began know at least, as a revision of search parameters; absent before it begins. */
  readonly fence?: number;
}

interface JobRow {
  tenant: string;
  type: string;
  after_id: string;
  examined: number;
  rebuilt: number;
  unreadable: number;
  last_unreadable: string | null;
  base_url: string;
  asked_at: Date;
  worked_at: Date | null;
  finished_at: Date | null;
  fence: number | null;
}

const COLUMNS =
  'tenant, type, after_id, examined, rebuilt, unreadable, last_unreadable, base_url, asked_at, worked_at, finished_at, fence';

function jobOf(row: JobRow): ReindexJob {
  const { tenant, type, examined, rebuilt, unreadable } = row;
  return {
    tenant,
    type,
    afterId: row.after_id,
    examined,
    rebuilt,
    unreadable,
    ...(row.last_unreadable !== null && { lastUnreadable: row.last_unreadable }),
    baseUrl: row.base_url,
    askedAt: row.asked_at,
    ...(row.worked_at !== null && { workedAt: row.worked_at }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
    ...(row.fence !== null && { fence: row.fence }),
  };
}

/** Puts these types to be done from the beginning, also those under way: what is asked for now may mean something else than what was. */
export async function requestReindex(
  tx: Tx,
  now: Date,
  asked: { readonly tenant: string; readonly types: readonly string[]; readonly baseUrl: string },
): Promise<void> {
  await tx.query({
    name: 'reindex_request',
    text: `insert into reindex_job (tenant, type, base_url, asked_at) select $1, t, $3, $4::timestamptz from unnest($2::text[]) t
      on conflict (tenant, type) do update set after_id = '', examined = 0, rebuilt = 0, unreadable = 0, last_unreadable = null,
        base_url = excluded.base_url, asked_at = excluded.asked_at, worked_at = null, finished_at = null, fence = null`,
    values: [asked.tenant, asked.types, asked.baseUrl, now],
  });
}

/** Every type that was ever asked for, by name. */
export async function reindexJobs(db: Tx, tenant: string): Promise<ReindexJob[]> {
  const text = `select ${COLUMNS} from reindex_job where tenant = $1 order by type`;
  const { rows } = await db.query<JobRow>({ name: 'reindex_jobs', text, values: [tenant] });
  return rows.map(jobOf);
}

/** The job that waits longest, or is under way. Index: reindex_job_waiting. */
export async function nextReindexJob(db: Tx): Promise<ReindexJob | undefined> {
  const text = `select ${COLUMNS} from reindex_job where finished_at is null order by asked_at, type limit 1`;
  const { rows } = await db.query<JobRow>({ name: 'reindex_next', text, values: [] });
  return rows[0] && jobOf(rows[0]);
}

/** Holds the job's row for this transaction. False when somebody with a later epoch has it, or it was asked for anew meanwhile. */
export async function holdReindexJob(tx: Tx, job: ReindexJob, epoch: number): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'reindex_hold',
    text: `update reindex_job set epoch = $3 where tenant = $1 and type = $2 and epoch <= $3 and asked_at = $4 and after_id = $5`,
    values: [job.tenant, job.type, epoch, job.askedAt, job.afterId],
  });
  return rowCount === 1;
}

/** Notes what it began with; the row is held. */
export async function noteFence(tx: Tx, { tenant, type }: ReindexJob, fence: number): Promise<void> {
  const text = `update reindex_job set fence = $3 where tenant = $1 and type = $2`;
  await tx.query({ name: 'reindex_note_fence', text, values: [tenant, type, fence] });
}

/** Writes how far it has come; the row is held. */
export async function noteReindex(tx: Tx, job: ReindexJob, now: Date, isFinished: boolean): Promise<void> {
  await tx.query({
    name: 'reindex_note',
    text: `update reindex_job set after_id = $3, examined = $4, rebuilt = $5, unreadable = $6, last_unreadable = $7, worked_at = $8,
        finished_at = case when $9 then $8::timestamptz end
      where tenant = $1 and type = $2`,
    values: [
      job.tenant,
      job.type,
      job.afterId,
      job.examined,
      job.rebuilt,
      job.unreadable,
      job.lastUnreadable ?? null,
      now,
      isFinished,
    ],
  });
}
