// How this room takes part in every write of a Subscription, by clients and by Herald itself: checks it, keeps its status, its error and
// its secrets, and writes the rows that matching and delivering go by, in the same transaction.
import { customUses, FhirError, parseCriteria, resourceFromValue, subscriptionCodecFor, termsFor } from '../fhir';
import type {
  CanonicalSubscription,
  CustomUse,
  FhirDefinitions,
  FhirResource,
  ParsedResource,
  SubscriptionCodec,
  TermsOf,
} from '../fhir';
import type { Clock, HeraldConfig, Log, Tx } from '../platform';
import type { CustomParameters, ResourceChange, ResourceStore, WriteParticipant } from '../store';
import type { ChannelCatalogue } from './channel-catalogue';
import { appendChanges, type ChangeRecord } from './change-log';
import { acceptClientWrite, type ClientWriteContext } from './client-write';
import { maskedLine, splitHeaderLine } from './header-lines';
import type { Incarnation } from './incarnation';
import { incarnationsOf, insertIncarnations, tombstoneIncarnation, updateIncarnations } from './incarnations';
import { LEASE_RESERVE_MS } from './limits';
import { effectOf, type PreparedWrite, type WriteEffect } from './prepared-write';
import type { SecretBox } from './secret-box';
import { deleteSecrets, secretNames, storeSecrets } from './secrets';
import type { SubscriptionDoorbell } from './subscription-doorbell';

export interface SubscriptionParticipantDeps {
  readonly definitions: FhirDefinitions;
  readonly catalogue: ChannelCatalogue;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly log: Log;
  readonly doorbell: SubscriptionDoorbell;
  readonly config: Pick<HeraldConfig, 'subscriptions' | 'deliveries'>;
  /** The store's answers to what criteria ask of terminology, as the write's own transaction sees it. */
  readonly terms: ResourceStore['terms'];
  /** Absent: the standard's search parameters are all there are. */
  readonly custom?: Pick<CustomParameters, 'definitions' | 'refresh' | 'understood' | 'use'>;
}

/** What is stored of a Subscription before its write; the resource row's lock keeps it so. */
interface Stored {
  readonly incarnation?: Incarnation;
  readonly secrets: ReadonlySet<string>;
}

interface Effect {
  readonly change: ResourceChange;
  readonly prepared: PreparedWrite;
  readonly effect: WriteEffect;
}

/** Criteria that may name a value set, or a code of a hierarchy; those with escapes may hide that. */
const mayAskTerms = /:(in|not-in|above|below)=|%/;

const anyCode: TermsOf = () => [{ code: 'not-known-yet' }];

const nothingStored: Stored = { secrets: new Set() };

export class SubscriptionParticipant implements WriteParticipant {
  readonly types = ['Subscription'];
  private readonly codec: SubscriptionCodec;
  private readonly stored = new WeakMap<ResourceChange, Stored>();
  private readonly prepared = new WeakMap<ResourceChange, PreparedWrite>();

  constructor(private readonly deps: SubscriptionParticipantDeps) {
    this.codec = subscriptionCodecFor(deps.definitions.fhirVersion);
  }

  /** Incarnations and names of secrets, two statements for however many changes. A create under a new id has neither. */
  async load(tx: Tx, changes: readonly ResourceChange[]): Promise<void> {
    const known = changes.filter((change) => change.previous !== undefined);
    if (known.length === 0) return;
    const { tenant } = known[0]!.context;
    const ids = known.map((change) => change.id);
    const incarnations = await incarnationsOf(tx, tenant, ids);
    const living = [...incarnations.values()].filter((incarnation) => incarnation.alive);
    const secrets = living.length > 0 ? await secretNames(tx, living.map(keyOf)) : new Map<number, Set<string>>();
    for (const change of known) {
      const incarnation = incarnations.get(change.id);
      const names = incarnation && secrets.get(incarnation.subscriptionKey);
      this.stored.set(change, { ...(incarnation && { incarnation }), secrets: names ?? nothingStored.secrets });
    }
  }

  /** Throws FhirError 422 with everything that is wrong. Answers the body with coerced status, own error text and masked headers. */
  async prepare(tx: Tx, change: ResourceChange): Promise<ParsedResource | undefined> {
    if (change.resource === undefined) return undefined;
    const { incarnation } = this.stored.get(change) ?? nothingStored;
    const before = incarnation?.alive ? incarnation : undefined;
    const { subscription, issues } = this.codec.decode(change.resource.value);
    if (subscription === undefined) throw new FhirError(422, issues);
    if (change.context.isSystemWrite && before !== undefined) {
      this.prepared.set(change, systemWrite(subscription, before));
      return undefined;
    }
    const accept = (): Promise<ParsedResource | undefined> => this.accept(tx, change, subscription, before);
    return this.deps.custom ? this.deps.custom.understood(tx, accept) : accept();
  }

  private async accept(
    tx: Tx,
    change: ResourceChange,
    subscription: CanonicalSubscription,
    before: Incarnation | undefined,
  ): Promise<ParsedResource | undefined> {
    const { criteria } = subscription;
    await this.deps.custom?.use(tx, change.context.tenant, await this.customUses(tx, change, criteria));
    return this.clientWrite(change, subscription, before, await this.termsOf(tx, change, criteria));
  }

  /** The search parameters of one's own in the criteria, by what is known at this moment; nothing is asked where there are none. */
  private async customUses(tx: Tx, change: ResourceChange, criteria: string): Promise<readonly CustomUse[]> {
    const { custom } = this.deps;
    if (!custom?.definitions.hasAny) return [];
    const uses = this.usesIn(change, criteria);
    if (uses?.length === 0) return uses;
    return (await custom.refresh(tx)) ? (this.usesIn(change, criteria) ?? []) : (uses ?? []);
  }

  /** Undefined for criteria that cannot be read; why, is told by the check. */
  private usesIn({ context: { baseUrl } }: ResourceChange, criteria: string): readonly CustomUse[] | undefined {
    const { definitions } = this.deps;
    try {
      return customUses(definitions, parseCriteria(definitions, criteria, { baseUrl, termsOf: anyCode }));
    } catch (error) {
      // Expected: the client's mistakes, or a parameter that this process has not heard of.
      if (error instanceof FhirError) return undefined;
      throw error;
    }
  }

  private async termsOf(tx: Tx, change: ResourceChange, criteria: string): Promise<TermsOf | undefined> {
    if (!mayAskTerms.test(criteria)) return undefined;
    const { definitions, terms } = this.deps;
    const { tenant, baseUrl } = change.context;
    return termsFor(
      (termsOf) => parseCriteria(definitions, criteria, { baseUrl, termsOf }),
      (questions) => terms({ tenant, baseUrl }, questions, tx),
    );
  }

  /** Writes incarnations, secrets and change log. */
  async commitAll(tx: Tx, changes: readonly ResourceChange[]): Promise<void> {
    const effects = changes.flatMap((change) => this.effectOf(change) ?? []);
    const keys = await writeIncarnations(tx, effects);
    for (const { change, prepared } of effects) await this.writeSecrets(tx, change, prepared, keys.get(change)!);
    const records: ChangeRecord[] = [];
    for (const { change, effect } of effects) {
      if (effect.isLogged) records.push({ ...effect, ...effect.state, subscriptionKey: keys.get(change)! });
    }
    for (const change of changes) if (change.resource === undefined) records.push(...(await this.end(tx, change)));
    // Last: from here to the commit the counter row keeps every other Subscription's change waiting.
    await appendChanges(tx, records);
  }

  /** Masks whatever a stored version might still show; it should show nothing, so this is a second lock on the door. */
  redact(resource: FhirResource): FhirResource {
    const channel = resource['channel'] as { header?: unknown } | undefined;
    if (!Array.isArray(channel?.header)) return resource;
    const lines = channel.header.map(String);
    const headers = lines.map((line) => maskedLine(splitHeaderLine(line)?.name ?? 'X'));
    return lines.every((line, index) => line === headers[index]) ? resource : this.codec.rewrite(resource, { headers });
  }

  /** By configuration the answer to a write shows, once, the header values it brought. */
  answer(change: ResourceChange, resource: FhirResource): FhirResource | undefined {
    const prepared = this.prepared.get(change);
    if (!this.deps.config.subscriptions.createReturnsSecrets || !prepared?.secrets.size) return undefined;
    const { secrets, config } = prepared;
    const headers = config.headerNames.map((name) => {
      const value = secrets.get(name);
      return value === undefined ? maskedLine(name) : `${name}: ${value}`;
    });
    return this.codec.rewrite(resource, { headers });
  }

  /** Wakes the activation worker and tells the log what became of the status. */
  committed(change: ResourceChange): void {
    const { tenant } = change.context;
    const prepared = this.prepared.get(change);
    const from = prepared?.before?.status;
    const to = prepared?.subscription.status ?? 'deleted';
    if (from !== to) {
      const { id: subscriptionId, version } = change;
      const isSystemWrite = change.context.isSystemWrite ?? false;
      this.deps.log.info({ tenant, subscriptionId, version, from, to, isSystemWrite }, 'subscription.status-changed');
    }
    if (to === 'requested') this.deps.doorbell.ring([{ tenant, id: change.id }]);
  }

  private effectOf(change: ResourceChange): Effect | undefined {
    const prepared = this.prepared.get(change);
    if (prepared === undefined) return undefined;
    const at = { version: change.version!, lastUpdated: change.lastUpdated! };
    const effect = effectOf(prepared, at, { tenant: change.context.tenant, id: change.id });
    return { change, prepared, effect };
  }

  private async writeSecrets(tx: Tx, change: ResourceChange, prepared: PreparedWrite, key: number): Promise<void> {
    const { before, secrets, config } = prepared;
    const hadSecrets = (before?.config.headerNames.length ?? 0) > 0;
    if (secrets.size === 0 && (!hadSecrets || change.context.isSystemWrite)) return;
    await storeSecrets(tx, this.deps.secrets, key, { remaining: config.headerNames, values: secrets });
  }

  private clientWrite(
    change: ResourceChange,
    sent: CanonicalSubscription,
    before: Incarnation | undefined,
    termsOf: TermsOf | undefined,
  ): ParsedResource | undefined {
    const storedSecrets = before === undefined ? nothingStored.secrets : this.stored.get(change)!.secrets;
    const stored = before && this.decodeStored(change);
    const now = this.deps.clock.now();
    const accepted = acceptClientWrite(
      { sent, before, stored, storedSecrets, now },
      { ...this.checkContext(change), termsOf },
    );
    this.prepared.set(change, accepted.prepared);
    change.warnings.push(...accepted.warnings);
    for (const { text, expression } of accepted.warnings) {
      this.deps.log.warn({ subscriptionId: change.id, expression, text }, 'subscription.accepted-with-warning');
    }
    if (Object.keys(accepted.rewrite).length === 0) return undefined;
    return resourceFromValue(this.codec.rewrite(change.resource!.value, accepted.rewrite));
  }

  private decodeStored(change: ResourceChange): CanonicalSubscription | undefined {
    const body = change.previous?.body;
    return body == null ? undefined : this.codec.decode(JSON.parse(body) as FhirResource).subscription;
  }

  private checkContext(change: ResourceChange): ClientWriteContext {
    const { definitions, catalogue, config } = this.deps;
    return {
      definitions,
      catalogue,
      paths: this.codec.paths,
      baseUrl: change.context.baseUrl,
      deadlineMsMax: config.deliveries.leaseMs - LEASE_RESERVE_MS,
      pastEnd: config.subscriptions.pastEnd,
      defaults: { orderingKey: config.subscriptions.orderingKeyDefault, deliveries: config.deliveries },
    };
  }

  /** The end of an incarnation by a delete; out: what the log is to say of it, if it was alive. */
  private async end(tx: Tx, change: ResourceChange): Promise<ChangeRecord[]> {
    const { incarnation } = this.stored.get(change) ?? nothingStored;
    if (incarnation === undefined || !incarnation.alive) return [];
    const { subscriptionKey, criteria, baseUrl, isMatching } = incarnation;
    await tombstoneIncarnation(tx, subscriptionKey, change.version!, change.lastUpdated!);
    await deleteSecrets(tx, subscriptionKey);
    return [{ subscriptionKey, opens: false, closes: isMatching, criteria, baseUrl, at: change.lastUpdated! }];
  }
}

const keyOf = (incarnation: Incarnation): number => incarnation.subscriptionKey;

/** One statement for what is new and one for what is there. Out: the key of each. */
async function writeIncarnations(tx: Tx, effects: readonly Effect[]): Promise<Map<ResourceChange, number>> {
  const created = effects.filter(({ prepared }) => prepared.before === undefined);
  const updated = effects.filter(({ prepared }) => prepared.before !== undefined);
  const states = updated.map(({ prepared, effect }) => [prepared.before!.subscriptionKey, effect.state] as const);
  await updateIncarnations(tx, new Map(states));
  const keys = await insertIncarnations(
    tx,
    created.map(({ effect }) => effect.state),
  );
  return new Map([
    ...updated.map(({ change, prepared }) => [change, prepared.before!.subscriptionKey] as const),
    ...created.map(({ change }, index) => [change, keys[index]!] as const),
  ]);
}

/** Herald's own writes change status and error only: everything else stands as it was accepted, the codes of value sets included. */
function systemWrite(subscription: CanonicalSubscription, before: Incarnation): PreparedWrite {
  const { criteria, config, endsAt, baseUrl } = before;
  return { subscription, criteria, config, before, ...(endsAt && { endsAt }), secrets: new Map(), baseUrl };
}
