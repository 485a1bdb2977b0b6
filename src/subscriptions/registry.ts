// Every matcher process holds all subscriptions in memory. The registry loads them once and then follows the change log; it is asked to
// catch up inside the match transaction, after the claim, so an event whose write was answered after an activation was seen always meets it.
import { customUses, parseCriteria, parseInstant, type FhirDefinitions } from '../fhir';
import { groupBy, type Log, type Tx } from '../platform';
import { changesSince, lastChangeNo } from './change-log';
import { intervalsOf, type CriteriaInterval, type IntervalMark } from './intervals';
import { CATCH_UP_ROWS, REGISTRY_PAGE_ROWS } from './limits';
import {
  RegistryGroups,
  type GroupFollower,
  type NewInterval,
  type RegistryEntry,
  type RegistryGroup,
} from './registry-groups';
import { registryEntriesSql, registryPageSql } from './sql/registry-entries.sql';

interface MarkRow {
  subscription_key: number;
  tenant: string;
  id: string;
  starts_at: string | null;
  ends_at: Date | null;
  send_deletes: boolean;
  opens: boolean;
  closes: boolean;
  criteria: string | null;
  base_url: string | null;
  snapshot: string | null;
  xid: string;
}

/** A stored subscription that cannot be read any more: it matches nothing, the others go on. */
export interface BrokenSubscription {
  readonly subscriptionKey: number;
  readonly reason: string;
}

export interface RegistryDeps {
  /** Those that stored criteria are read with. */
  readonly definitions: FhirDefinitions;
  readonly log: Log;
  /** Hears of search parameters of one's own; asked before criteria that use some, or that cannot be read. */
  readonly learn?: (tx: Tx) => Promise<unknown>;
}

/** What the marks of one subscription come to, or why they cannot be read. */
type Taken =
  { readonly entry: Parameters<RegistryGroups['put']>[0]; readonly usesCustom: boolean } | { readonly reason: string };

export class SubscriptionRegistry {
  private readonly groups = new RegistryGroups();
  private readonly broken = new Map<number, BrokenSubscription>();
  /** Newest change taken in; undefined before the first load. */
  private changeNo: number | undefined;

  constructor(private readonly deps: RegistryDeps) {}

  /**
   * Takes in every change committed so far. The first call loads everything. Safe to repeat and safe when the transaction rolls back:
   * only committed facts are read. Not to be called twice at the same time.
   */
  async catchUp(tx: Tx): Promise<void> {
    if (this.changeNo === undefined) await this.load(tx);
    for (;;) {
      const changes = await changesSince(tx, this.changeNo ?? 0, CATCH_UP_ROWS);
      if (changes.keys.length > 0) await this.refresh(tx, changes.keys);
      // Only now: had the reading failed, the next catch-up would take the same changes again.
      this.changeNo = changes.upTo;
      if (changes.isAll) return;
    }
  }

  /** Groups of equal criteria about this type. The answer is live: do not keep it over an await. */
  groupsFor(tenant: string, type: string): Iterable<RegistryGroup> {
    return this.groups.groupsFor(tenant, type);
  }

  /** Tells a match index of every group as it comes and goes; once, and before the first `catchUp`. */
  follow(follower: GroupFollower): void {
    this.groups.follow(follower);
  }

  /** False when no subscription asks about this type, so that its events need not be read. */
  hasGroups(tenant: string, type: string): boolean {
    return this.groups.hasGroups(tenant, type);
  }

  /** Whether anybody asks to hear of deletes of this type. */
  wantsDeletes(tenant: string, type: string): boolean {
    return this.groups.wantsDeletes(tenant, type);
  }

  /** Subscriptions that see events now, or did and may still have some unmatched. */
  get size(): number {
    return this.groups.size;
  }

  /** Snapshots still held (as Postgres prints them), at most `limit`. */
  snapshots(limit: number): string[] {
    return this.groups.snapshots(limit);
  }

  /** Drops snapshots that no unmatched event lies before. */
  forget(snapshots: readonly string[]): void {
    if (snapshots.length > 0) this.groups.forget(new Set(snapshots));
  }

  /** Marks a subscription as unreadable: it leaves the groups, and `brokenSubscriptions` names it. */
  isolate(subscriptionKey: number, reason: string): void {
    this.groups.remove(subscriptionKey);
    this.broken.set(subscriptionKey, { subscriptionKey, reason });
    this.deps.log.error({ subscriptionKey, reason }, 'subscription.unreadable');
  }

  /** Unreadable ones that nobody was told of yet. */
  brokenSubscriptions(): BrokenSubscription[] {
    return [...this.broken.values()];
  }

  /** Its status says so now. */
  reported(subscriptionKey: number): void {
    this.broken.delete(subscriptionKey);
  }

  /** Notes the position first and streams afterwards: what changes meanwhile is taken in again by the catch-up. */
  private async load(tx: Tx): Promise<void> {
    const position = await lastChangeNo(tx);
    for (let after = 0; ;) {
      const { rows } = await tx.query<{ subscription_key: number }>({
        ...registryPageSql,
        values: [after, REGISTRY_PAGE_ROWS],
      });
      await this.refresh(
        tx,
        rows.map((row) => row.subscription_key),
      );
      if (rows.length < REGISTRY_PAGE_ROWS) break;
      after = rows.at(-1)!.subscription_key;
    }
    this.changeNo = position;
  }

  private async refresh(tx: Tx, keys: readonly number[]): Promise<void> {
    if (keys.length === 0) return;
    const { rows } = await tx.query<MarkRow>({ ...registryEntriesSql, values: [keys] });
    const marks = groupBy(rows, (row) => row.subscription_key);
    let hasLearned = this.deps.learn === undefined;
    for (const key of keys) {
      const own = marks.get(key);
      let taken = own && this.read(own);
      // A parameter that this process has not heard of, or knows by an older meaning: it is as old as the Subscription at least, so it is there to be read.
      if (own && taken && !hasLearned && ('reason' in taken || taken.usesCustom)) {
        await this.deps.learn!(tx);
        hasLearned = true;
        taken = this.read(own);
      }
      this.take(key, taken);
    }
  }

  private take(key: number, taken: Taken | undefined): void {
    if (taken === undefined) return this.groups.remove(key);
    if ('reason' in taken) return this.isolate(key, taken.reason);
    try {
      this.groups.put(taken.entry);
      this.broken.delete(key);
    } catch (error) {
      // Expected: criteria that can be read, and that the match index cannot place.
      this.isolate(key, reasonOf(error));
    }
  }

  private read(rows: readonly MarkRow[]): Taken {
    const [first] = rows;
    const { subscription_key: subscriptionKey, tenant, id, send_deletes: sendDeletes } = first!;
    try {
      const intervals = intervalsOf(rows.map(markOf)).map((interval) => this.parsed(interval));
      const usesCustom = intervals.some(({ query }) => customUses(this.deps.definitions, query).length > 0);
      const entry = { subscriptionKey, tenant, id, sendDeletes, ...windowOf(first!), intervals };
      return { entry, usesCustom };
    } catch (error) {
      // Expected: criteria accepted once that this version can no longer evaluate, or a row changed by hand.
      return { reason: reasonOf(error) };
    }
  }

  private parsed({ criteria, baseUrl, opened, closed }: CriteriaInterval): NewInterval {
    const query = parseCriteria(this.deps.definitions, criteria, { baseUrl });
    return { query, ...(opened && { opened }), ...(closed && { closed }) };
  }
}

/** Throws for a start that is no instant: a row changed by hand. */
function windowOf({ starts_at: start, ends_at: endsAt }: MarkRow): Pick<RegistryEntry, 'startsAt' | 'endsAt'> {
  const startsAt = start === null ? undefined : parseInstant(start);
  if (start !== null && !startsAt) throw new Error(`The start "${start}" is no instant`);
  return { ...(startsAt && { startsAt }), ...(endsAt !== null && { endsAt }) };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function markOf(row: MarkRow): IntervalMark {
  const { opens, closes, criteria, base_url: baseUrl, snapshot, xid } = row;
  return { opens, closes, criteria, baseUrl, snapshot, xid };
}
