// The commit cut: how a committed change enters the outbox. The store's statements embed this text, so the table has one owner.
import type { Statement, Tx } from '../platform';
import type { ResourceEvent } from './resource-event';

/** An SQL expression for every field of a new row; columns of `source` or parameters. */
export interface AppendFields {
  readonly eventId: string;
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  readonly version: string;
  readonly interaction: string;
  readonly label: string;
  readonly root: string;
  readonly rootHash: string;
  readonly prevRootHash: string;
  readonly bodyBytes: string;
  readonly requestId: string;
  readonly writtenAt: string;
}

/**
 * SQL text of the insert that a statement changing one resource row carries as a CTE. `source` must be the CTE with the `returning` of
 * that change: the row's `seq` is then drawn after the resource row was locked, which keeps versions of a resource in rising seq.
 */
export function appendOutboxSql(source: string, fields: AppendFields): string {
  return `insert into outbox (event_id, tenant, type, id, version, interaction, label, root, root_hash, prev_root_hash,
      body_bytes, request_id, written_at)
    select ${fields.eventId}, ${fields.tenant}, ${fields.type}, ${fields.id}, ${fields.version}, ${fields.interaction},
      ${fields.label}, ${fields.root}, ${fields.rootHash}, ${fields.prevRootHash}, ${fields.bodyBytes}, ${fields.requestId},
      ${fields.writtenAt}
    from ${source}`;
}

/** A row to append whose seq was drawn before. */
export type NewEvent = Omit<ResourceEvent, 'xid'>;

/** Draws `count` rising numbers in one statement. Call it only when every resource row of the transaction is locked. */
export async function drawSeqs(tx: Tx, count: number): Promise<number[]> {
  if (count === 0) return [];
  const { rows } = await tx.query<{ seq: number }>({
    name: 'outbox_draw_seqs',
    text: `select nextval('outbox_seq') as seq from generate_series(1, $1::int)`,
    values: [count],
  });
  return rows.map((row) => row.seq).sort((a, b) => a - b);
}

/** Appends the events of one transaction in one statement. */
export async function appendEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length > 0) await tx.query(appendEventsStatement(events));
}

function appendEventsStatement(events: readonly NewEvent[]): Statement {
  return {
    name: 'outbox_append_events',
    text: `insert into outbox (seq, event_id, tenant, type, id, version, interaction, label, root, root_hash, prev_root_hash,
        body_bytes, request_id, written_at)
      select * from unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[],
        $9::text[], $10::bigint[], $11::bigint[], $12::int[], $13::text[], $14::timestamptz[])`,
    values: [
      events.map((event) => event.seq),
      events.map((event) => event.eventId),
      events.map((event) => event.tenant),
      events.map((event) => event.type),
      events.map((event) => event.id),
      events.map((event) => event.version),
      events.map((event) => event.interaction),
      events.map((event) => event.label ?? null),
      events.map((event) => event.root),
      events.map((event) => event.rootHash),
      events.map((event) => event.prevRootHash ?? null),
      events.map((event) => event.bodyBytes),
      events.map((event) => event.requestId),
      events.map((event) => event.writtenAt.toISOString()),
    ],
  };
}
