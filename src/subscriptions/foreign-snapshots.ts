// After a dump was restored into another Postgres cluster, transaction numbers of the old one mean nothing: its snapshots are cleared.
import type { Database, Log, Tx } from '../platform';

/**
 * Compares the cluster's identity with the one the snapshots were taken in, and clears them all when it is another one. Call it once at
 * start, before the registry loads. Open intervals then reach back to the beginning: at worst an event is announced that was older.
 * `alsoForeign` does the same in the same transaction for whatever else carries numbers of the old cluster.
 */
export async function clearForeignSnapshots(
  database: Database,
  log: Log,
  alsoForeign: (tx: Tx) => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const cleared = await database.transaction(async (tx) => {
    const { rows } = await tx.query<{ system_identifier: string }>({
      name: 'subscription_this_cluster',
      text: `select system_identifier::text as system_identifier from pg_control_system()`,
      values: [],
    });
    const here = rows[0]!.system_identifier;
    // A row of another cluster is locked, so that two starting processes clear once.
    const known = await tx.query<{ system_identifier: string }>({
      name: 'subscription_known_cluster',
      text: `select system_identifier from subscription_cluster for update`,
      values: [],
    });
    if (known.rows[0]?.system_identifier === here) return 0;
    await tx.query({
      name: 'subscription_adopt_cluster',
      text: `insert into subscription_cluster (system_identifier) values ($1)
        on conflict (only_row) do update set system_identifier = excluded.system_identifier`,
      values: [here],
    });
    if (known.rows.length === 0) return 0;
    await alsoForeign(tx);
    const all = await tx.query({
      name: 'subscription_clear_all_snapshots',
      text: `update subscription_change set snapshot = null where snapshot is not null`,
      values: [],
    });
    return all.rowCount;
  });
  if (cleared > 0) log.warn({ snapshots: cleared }, 'subscriptions.foreign-snapshots-cleared');
}
