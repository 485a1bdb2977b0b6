// The operator's question: the event of one change, also after it was matched. There is deliberately no index over matched rows, so this reads the
// partition of the event's day; for a person's question, never for the road.
import { FIND_EVENT_WINDOW_MS } from './limits';
import { eventOf, type OutboxRow, type ResourceEvent } from './resource-event';
import type { Tx } from '../platform';

export interface FoundEvent {
  readonly event: ResourceEvent;
  /** Absent while it waits to be matched. */
  readonly matchedAt?: Date;
}

export interface EventWanted {
  readonly tenant: string;
  /** About when it was written. */
  readonly around: Date;
  /** One of the two. */
  readonly eventId?: string;
  readonly change?: { readonly type: string; readonly id: string; readonly version: number };
}

/** Undefined when there is none, or the retention removed its day. */
export async function findEvent(db: Tx, wanted: EventWanted): Promise<FoundEvent | undefined> {
  const { tenant, around, eventId, change } = wanted;
  const ms = around.getTime();
  const { rows } = await db.query<OutboxRow & { matched_at: Date | null }>({
    text: `select seq, event_id, tenant, type, id, version, interaction, label, root, root_hash, prev_root_hash, body_bytes, request_id,
        xid::text as xid, written_at, matched_at
      from outbox where written_at between $1 and $2 and tenant = $3
        and ($4::uuid is null or event_id = $4) and ($5::text is null or (type = $5 and id = $6 and version = $7::int)) limit 1`,
    values: [
      new Date(ms - FIND_EVENT_WINDOW_MS),
      new Date(ms + FIND_EVENT_WINDOW_MS),
      tenant,
      eventId ?? null,
      change?.type ?? null,
      change?.id ?? null,
      change?.version ?? null,
    ],
  });
  const [row] = rows;
  return row && { event: eventOf(row), ...(row.matched_at !== null && { matchedAt: row.matched_at }) };
}
