// Reading stored versions: the current one, any one, sets of them, the history of one resource.
import type { Tx } from '../platform';
import { HISTORY_COUNT_MAX, READ_VERSIONS_MAX, RECENT_VERSIONS_MAX } from './limits';
import { versionName, type StoredInteraction, type StoredVersion, type VersionKey } from './resource-version';
import {
  historySql,
  historyTotalSql,
  readCurrentSql,
  readCurrentsSql,
  readVersionsSql,
  versionsAsOfSql,
} from './sql/read-versions.sql';
import { recentVersionsSql } from './sql/recent-versions.sql';

/** A row of resource_version. */
export interface VersionRow {
  tenant: string;
  type: string;
  id: string;
  version: number;
  last_updated: Date;
  interaction: StoredInteraction;
  body: string | null;
}

export function storedVersionOf(row: VersionRow): StoredVersion {
  const { tenant, type, id, version, last_updated: lastUpdated, interaction, body } = row;
  return { tenant, type, id, version, lastUpdated, interaction, body };
}

/** The newest version, which may be a tombstone; undefined when there never was one. */
export async function readCurrent(
  tx: Tx,
  tenant: string,
  type: string,
  id: string,
): Promise<StoredVersion | undefined> {
  const { rows } = await tx.query<VersionRow>({ ...readCurrentSql, values: [tenant, type, id] });
  return rows[0] && storedVersionOf(rows[0]);
}

/** The newest versions of several resources, by `Type/id`. */
export async function readCurrents(
  tx: Tx,
  tenant: string,
  keys: readonly { type: string; id: string }[],
): Promise<Map<string, StoredVersion>> {
  if (keys.length === 0) return new Map();
  const values = [tenant, keys.map((key) => key.type), keys.map((key) => key.id)];
  const { rows } = await tx.query<VersionRow>({ ...readCurrentsSql, values });
  return new Map(rows.map((row) => [`${row.type}/${row.id}`, storedVersionOf(row)]));
}

/** Exactly these versions, by `Type/id/version`; those that do not exist are left out. */
export async function readVersionRows(tx: Tx, keys: readonly VersionKey[]): Promise<Map<string, StoredVersion>> {
  const found = new Map<string, StoredVersion>();
  for (let from = 0; from < keys.length; from += READ_VERSIONS_MAX) {
    const part = keys.slice(from, from + READ_VERSIONS_MAX);
    const values = [
      part.map((key) => key.tenant),
      part.map((key) => key.type),
      part.map((key) => key.id),
      part.map((key) => key.version),
    ];
    const { rows } = await tx.query<VersionRow>({ ...readVersionsSql, values });
    for (const row of rows) found.set(versionName(row), storedVersionOf(row));
  }
  return found;
}

/** A resource as it was at a time. */
export interface AsOfKey {
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  readonly at: Date;
}

/** In the order of the keys: the version that was the newest at that time, a tombstone too; undefined when there was none. */
export async function versionsAsOf(tx: Tx, keys: readonly AsOfKey[]): Promise<(VersionKey | undefined)[]> {
  const found: (VersionKey | undefined)[] = keys.map(() => undefined);
  for (let from = 0; from < keys.length; from += READ_VERSIONS_MAX) {
    const part = keys.slice(from, from + READ_VERSIONS_MAX);
    const values = [
      part.map((key) => key.tenant),
      part.map((key) => key.type),
      part.map((key) => key.id),
      part.map((key) => key.at.toISOString()),
    ];
    const { rows } = await tx.query<{ n: number; version: number }>({ ...versionsAsOfSql, values });
    for (const { n, version } of rows) {
      const { tenant, type, id } = part[n - 1]!;
      found[from + n - 1] = { tenant, type, id, version };
    }
  }
  return found;
}

export interface HistoryPage {
  /** Versions wanted; at most HISTORY_COUNT_MAX are given. */
  readonly count: number;
  /** Only versions written at or after this time. */
  readonly since?: Date;
  /** Only versions below this one: the last of the page before. */
  readonly before?: number;
}

/** Newest first, deletes included. `total` counts all versions since `since`, not only this page's; 0 = there never was such a resource. */
export async function readHistory(
  tx: Tx,
  key: { tenant: string; type: string; id: string },
  page: HistoryPage,
): Promise<{ total: number; versions: StoredVersion[] }> {
  const identity = [key.tenant, key.type, key.id, page.since?.toISOString() ?? null];
  const totals = await tx.query<{ total: number }>({ ...historyTotalSql, values: identity });
  const { total } = totals.rows[0]!;
  if (total === 0 || page.count === 0) return { total, versions: [] };
  const values = [...identity, page.before ?? null, Math.min(page.count, HISTORY_COUNT_MAX)];
  const { rows } = await tx.query<VersionRow>({ ...historySql, values });
  return { total, versions: rows.map(storedVersionOf) };
}

/** The newest creates and updates of a type, newest first; at most RECENT_VERSIONS_MAX. Of resources that are not deleted now. */
export async function readRecent(tx: Tx, tenant: string, type: string, count: number): Promise<VersionKey[]> {
  const values = [tenant, Math.min(count, RECENT_VERSIONS_MAX)];
  const { rows } = await tx.query<{ id: string; version: number }>({ ...recentVersionsSql(type), values });
  return rows.map(({ id, version }) => ({ tenant, type, id, version }));
}
