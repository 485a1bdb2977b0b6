// The store's one service: every write of a resource goes through here, and every read comes from here.
// A write without participants is one statement; anything else takes the transaction road.
import type { FhirDefinitions, ParsedResource, SearchQuery, TermAnswer, TermQuestion } from '../fhir';
import { failpoint, uuidv7, type Clock, type Database, type Log, type Metrics, type Tx } from '../platform';
import type { OutboxDoorbell } from '../outbox';
import { Announcements } from './announcements';
import { isBehindFence } from './custom/custom-fence';
import type { CustomParameters } from './custom/custom-parameters';
import { BEHIND_FENCE_RETRIES_MAX, VERSION_CACHE_BODY_BYTES_MAX, VERSION_CACHE_BYTES_MAX } from './limits';
import { Participants } from './participants';
import {
  readCurrent,
  readCurrents,
  readHistory,
  readRecent,
  readVersionRows,
  versionsAsOf,
  type AsOfKey,
  type HistoryPage,
} from './read';
import {
  versionName,
  type StoredVersion,
  type StoreOperation,
  type VersionKey,
  type WriteContext,
  type WriteResult,
} from './resource-version';
import { searchResources, type SearchPage } from './search-page';
import { readTerms } from './stored-terms';
import { ShortWrites } from './short-writes';
import type { Revision, RoadOperation } from './transaction-plan';
import { TransactionRoad } from './transaction-road';
import { VersionCache } from './version-cache';
import type { RoadEnd } from './written';
import type { ResourceChange, WriteParticipant } from './write-participant.contract';

export interface ResourceStoreDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** With `custom`, those that it says are stored. */
  readonly definitions: FhirDefinitions;
  /** Absent: the standard's search parameters are all there are. */
  readonly custom?: CustomParameters;
  readonly doorbell: OutboxDoorbell;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class ResourceStore {
  private readonly participants = new Participants();
  private readonly cache = new VersionCache({
    bytesMax: VERSION_CACHE_BYTES_MAX,
    bodyBytesMax: VERSION_CACHE_BODY_BYTES_MAX,
  });
  private readonly road: TransactionRoad;
  private readonly short: ShortWrites;
  private readonly announcements: Announcements;

  constructor(private readonly deps: ResourceStoreDeps) {
    this.road = new TransactionRoad({ ...deps, participants: this.participants });
    this.short = new ShortWrites(deps);
    this.announcements = new Announcements({ ...deps, cache: this.cache });
  }

  /** Lets a room take part in writes of its types. Participants are called in the order they registered. */
  register(participant: WriteParticipant): void {
    this.participants.register(participant);
  }

  /**
   * Stores a validated resource under a new id, or under `options.id`; when that id is taken, as its next version.
   * https://hl7.org/fhir/R4/http.html#create
   */
  async create(context: WriteContext, resource: ParsedResource, options: { id?: string } = {}): Promise<WriteResult> {
    // In the order of time: their index entries go in side by side, not each to a page of its own.
    const id = options.id ?? uuidv7(this.deps.clock.now());
    if (this.participants.has(resource.type)) return this.alone(context, { kind: 'create', resource, id });
    const isFresh = options.id === undefined;
    return this.ended(context, await this.upToDate(() => this.short.create(context, resource, id, isFresh)));
  }

  /**
   * Stores a validated resource as the next version of `id`, creating or reviving it when it is not there (outcome `created`).
   * Throws FhirError 412 when `options.ifMatch` is not the current version. https://hl7.org/fhir/R4/http.html#update
   */
  async update(
    context: WriteContext,
    id: string,
    resource: ParsedResource,
    options: { ifMatch?: number } = {},
  ): Promise<WriteResult> {
    const { ifMatch } = options;
    if (this.participants.has(resource.type)) return this.alone(context, { kind: 'update', id, resource, ifMatch });
    return this.ended(context, await this.upToDate(() => this.short.update(context, resource, id, ifMatch)));
  }

  /**
   * Writes a tombstone; `unchanged` (no version, no event) when the resource is deleted already or never existed.
   * Throws FhirError 412 as `update` does. https://hl7.org/fhir/R4/http.html#delete
   */
  async delete(
    context: WriteContext,
    type: string,
    id: string,
    options: { ifMatch?: number } = {},
  ): Promise<WriteResult> {
    const { ifMatch } = options;
    if (this.participants.has(type)) return this.alone(context, { kind: 'delete', type, id, ifMatch });
    return this.ended(context, await this.short.delete(context, type, id, ifMatch));
  }

  /**
   * Read, change, write under the row lock. `change` gets the stored version (not redacted) and its resource, returns what to store or undefined
   * to leave it; it must have no effects, since it may be called again. Out: undefined when nothing was written (left alone, deleted, unknown).
   */
  async revise(context: WriteContext, type: string, id: string, change: Revision): Promise<WriteResult | undefined> {
    const result = await this.alone(context, { kind: 'revise', type, id, revise: change });
    return result.outcome === 'unchanged' ? undefined : result;
  }

  /** `revise` for several resources of one type in one transaction, so all or none. */
  async reviseAll(context: WriteContext, type: string, changes: ReadonlyMap<string, Revision>): Promise<void> {
    const operations = [...changes].map(([id, revise]): RoadOperation => ({ kind: 'revise', type, id, revise }));
    await this.together(context, operations);
  }

  /**
   * All operations or none, events in entry order; results in entry order. Throws FhirError 400 when one resource is written twice, 412 for
   * an If-Match that does not fit, and what participants veto with. A read comes last and sees what was written.
   * https://hl7.org/fhir/R4/http.html#transaction
   */
  async transaction(context: WriteContext, operations: readonly StoreOperation[]): Promise<WriteResult[]> {
    return this.together(context, operations);
  }

  /** The newest version (a tombstone when deleted), or undefined when there never was one. */
  async read(tenant: string, type: string, id: string): Promise<StoredVersion | undefined> {
    const version = await readCurrent(this.deps.database, tenant, type, id);
    return version && this.participants.shown(version);
  }

  /** The newest versions of several resources, by `Type/id`; tombstones too, and nothing for what there never was. */
  async readAll(
    tenant: string,
    keys: readonly { readonly type: string; readonly id: string }[],
  ): Promise<Map<string, StoredVersion>> {
    const found = await readCurrents(this.deps.database, tenant, keys);
    for (const [name, version] of found) found.set(name, this.participants.shown(version));
    return found;
  }

  async readVersion(tenant: string, type: string, id: string, version: number): Promise<StoredVersion | undefined> {
    const key = { tenant, type, id, version };
    return (await this.readVersions([key])).get(versionName(key));
  }

  /**
   * Exactly these versions, by `Type/id/version` (see `versionName`); what does not exist is left out. One set statement for all that this process
   * did not just write itself. All keys of one call belong to one tenant. With `tx`, sees what that transaction wrote.
   */
  async readVersions(keys: readonly VersionKey[], tx: Tx = this.deps.database): Promise<Map<string, StoredVersion>> {
    const found = new Map<string, StoredVersion>();
    const missing: VersionKey[] = [];
    for (const key of keys) {
      const version = this.cache.get(key);
      if (version) found.set(versionName(key), version);
      else missing.push(key);
    }
    for (const [name, version] of await readVersionRows(tx, missing)) found.set(name, version);
    for (const [name, version] of found) found.set(name, this.participants.shown(version));
    return found;
  }

  /** Which version of each was the newest at its time, tombstones included; in the order of the keys, undefined where there was none. */
  async versionsAsOf(keys: readonly AsOfKey[], tx: Tx = this.deps.database): Promise<(VersionKey | undefined)[]> {
    return versionsAsOf(tx, keys);
  }

  /** Versions of one resource, newest first, tombstones included; `total` 0 = it never existed. https://hl7.org/fhir/R4/http.html#history */
  async history(
    tenant: string,
    type: string,
    id: string,
    page: HistoryPage,
  ): Promise<{ total: number; versions: StoredVersion[] }> {
    const { total, versions } = await readHistory(this.deps.database, { tenant, type, id }, page);
    return { total, versions: versions.map((version) => this.participants.shown(version)) };
  }

  /**
   * The newest creates and updates of a type (that must exist), newest first, for `readVersions`; at most RECENT_VERSIONS_MAX. Resources that are deleted
   * now are left out.
   */
  recentVersions(tenant: string, type: string, count: number): Promise<VersionKey[]> {
    return readRecent(this.deps.database, tenant, type, count);
  }

  /** Hears of search parameters that other processes added; out: whether there are new ones, so that what was refused may be right now. */
  async learn(): Promise<boolean> {
    return (await this.deps.custom?.refresh(this.deps.database)) ?? false;
  }

  /** What `read` makes of a client's words; read again where it refuses them and other processes have added search parameters. Throws what `read` throws. */
  async understood<T>(read: () => Promise<T>): Promise<T> {
    const { custom, database } = this.deps;
    return custom ? custom.understood(database, read) : read();
  }

  /** What terminology that is stored answers, in the order of the questions: for `withTerms`. With `tx`, as that transaction sees it. */
  terms(
    place: Pick<WriteContext, 'tenant' | 'baseUrl'>,
    questions: readonly TermQuestion[],
    tx: Tx = this.deps.database,
  ): Promise<TermAnswer[]> {
    return readTerms(tx, this.deps.definitions, place, questions);
  }

  /**
   * One page of the current resources that match, the number of all of them unless nobody wants it, and the tokens of other pages
   * (`query.page`). Of several queries, all of one shape and each of another type, what any of them finds. Pages neither repeat nor miss a
   * resource that was there all the time. Throws FhirError 400 for a token that is not ours.
   */
  async search(
    context: Pick<WriteContext, 'tenant'>,
    query: SearchQuery | readonly SearchQuery[],
  ): Promise<SearchPage> {
    const queries = 'type' in query ? [query] : query;
    const { database, definitions, custom } = this.deps;
    const page = await searchResources(database, definitions, context.tenant, queries);
    // Afterwards: what is as it was known then, was so all the time.
    await custom?.confirm(database, context.tenant, queries);
    return { ...page, resources: page.resources.map((version) => this.participants.shown(version)) };
  }

  /** A write that the index refuses, since this process had not heard of a search parameter yet, is computed anew. */
  private async upToDate<T>(write: () => Promise<T>): Promise<T> {
    const { custom, database } = this.deps;
    for (let tries = 1; ; tries += 1) {
      try {
        return await write();
      } catch (error) {
        // Expected: behind the fence, and nothing was stored. Everything else goes to the caller.
        if (!custom || !isBehindFence(error) || tries > BEHIND_FENCE_RETRIES_MAX) throw error;
        await custom.refresh(database);
      }
    }
  }

  private async alone(context: WriteContext, operation: RoadOperation): Promise<WriteResult> {
    return (await this.together(context, [operation]))[0]!;
  }

  private async together(context: WriteContext, operations: readonly RoadOperation[]): Promise<WriteResult[]> {
    const { ends, changes } = await this.upToDate(() => this.road.run(context, operations));
    await failpoint('write.after-commit');
    this.announcements.announce(context, ends);
    for (const change of changes) this.participants.committed(change);
    const changed = new Map(changes.map((change) => [`${change.type}/${change.id}/${change.version}`, change]));
    return ends.map((end) => this.shown(end, changed));
  }

  private async ended(context: WriteContext, end: RoadEnd): Promise<WriteResult> {
    await failpoint('write.after-commit');
    this.announcements.announce(context, [end]);
    return this.shown(end);
  }

  private shown({ result }: RoadEnd, changed?: ReadonlyMap<string, ResourceChange>): WriteResult {
    if (!result.version) return result;
    const change = result.outcome === 'unchanged' ? undefined : changed?.get(versionName(result.version));
    const version = this.participants.shown(result.version, change);
    return { ...result, version, ...(change && change.warnings.length > 0 && { warnings: change.warnings }) };
  }
}
