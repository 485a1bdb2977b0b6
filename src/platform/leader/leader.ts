// Duties that only one process may do at a time: a leased row each, fenced by an epoch.
import type { Clock } from '../clock/clock';
import type { Tx } from '../database/database';

// Takes the row when it is free, expired or ours; the primary key on duty serves it. The epoch rises when the duty changes hands or lapsed.
const hold = `
insert into leader as l (duty, holder, lease_until, epoch) values ($1, $2, $4, 1)
on conflict (duty) do update set
  holder = excluded.holder,
  lease_until = excluded.lease_until,
  epoch = l.epoch + case when l.holder = excluded.holder and l.lease_until > $3 then 0 else 1 end
where l.holder = excluded.holder or l.lease_until <= $3
returning epoch`;

const release = `update leader set lease_until = $3 where duty = $1 and holder = $2 and lease_until > $3`;

/**
 * Takes or renews a duty for `leaseMs`. Answers the epoch while `holder` has it, undefined while another one does. Call it again well
 * before the lease ends; whoever acts on the duty compares the epoch.
 */
export async function holdDuty(
  db: Tx,
  clock: Clock,
  duty: string,
  holder: string,
  leaseMs: number,
): Promise<{ epoch: number } | undefined> {
  const now = clock.now();
  const { rows } = await db.query<{ epoch: number }>({
    name: 'leader_hold',
    text: hold,
    values: [duty, holder, now, new Date(now.getTime() + leaseMs)],
  });
  return rows[0] && { epoch: rows[0].epoch };
}

/** Gives a duty back before its lease ends, so that another process need not wait. Harmless when it is not held. */
export async function releaseDuty(db: Tx, clock: Clock, duty: string, holder: string): Promise<void> {
  await db.query({ name: 'leader_release', text: release, values: [duty, holder, clock.now()] });
}
