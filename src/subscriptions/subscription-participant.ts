// How this room takes part in every write of a Subscription, by clients and by Herald itself: checks it, keeps its status, its error and
// its secrets, and writes the rows that matching and delivering go by, in the same transaction.
import { FhirError, resourceFromValue, subscriptionCodecFor } from '../fhir';
import type { CanonicalSubscription, FhirDefinitions, FhirResource, ParsedResource, SubscriptionCodec } from '../fhir';
import type { Clock, HeraldConfig, Log, Tx } from '../platform';
import type { ResourceChange, WriteParticipant } from '../store';
import type { ChannelCatalogue } from './channel-catalogue';
import { appendChange } from './change-log';
import { acceptClientWrite, type ClientWriteContext } from './client-write';
import { maskedLine, splitHeaderLine } from './header-lines';
import type { Incarnation } from './incarnation';
import { incarnationOf, insertIncarnation, tombstoneIncarnation, updateIncarnation } from './incarnations';
import { LEASE_RESERVE_MS } from './limits';
import { effectOf, type PreparedWrite } from './prepared-write';
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
}

export class SubscriptionParticipant implements WriteParticipant {
  readonly types = ['Subscription'];
  private readonly codec: SubscriptionCodec;
  private readonly prepared = new WeakMap<ResourceChange, PreparedWrite>();

  constructor(private readonly deps: SubscriptionParticipantDeps) {
    this.codec = subscriptionCodecFor(deps.definitions.fhirVersion);
  }

  /** Throws FhirError 422 with everything that is wrong. Answers the body with coerced status, own error text and masked headers. */
  async prepare(tx: Tx, change: ResourceChange): Promise<ParsedResource | undefined> {
    if (change.resource === undefined) return undefined;
    const newest = await incarnationOf(tx, change.context.tenant, change.id);
    const before = newest?.alive ? newest : undefined;
    const { subscription, issues } = this.codec.decode(change.resource.value);
    if (subscription === undefined) throw new FhirError(422, issues);
    if (change.context.isSystemWrite && before !== undefined) {
      this.prepared.set(change, systemWrite(subscription, before));
      return undefined;
    }
    return this.clientWrite(tx, change, subscription, before);
  }

  /** Writes incarnation, secrets and change log. */
  async commit(tx: Tx, change: ResourceChange): Promise<void> {
    const prepared = this.prepared.get(change);
    if (prepared === undefined) return this.commitDelete(tx, change);
    const at = { version: change.version!, lastUpdated: change.lastUpdated! };
    const effect = effectOf(prepared, at, { tenant: change.context.tenant, id: change.id });
    const { before, secrets, config } = prepared;
    if (before !== undefined) await updateIncarnation(tx, before.subscriptionKey, effect.state);
    const subscriptionKey = before?.subscriptionKey ?? (await insertIncarnation(tx, effect.state));
    const hadSecrets = (before?.config.headerNames.length ?? 0) > 0;
    if (secrets.size > 0 || (hadSecrets && !change.context.isSystemWrite)) {
      await storeSecrets(tx, this.deps.secrets, subscriptionKey, { remaining: config.headerNames, values: secrets });
    }
    // Last: from here to the commit the counter row keeps every other Subscription's change waiting.
    if (effect.isLogged) await appendChange(tx, { ...effect, ...effect.state, subscriptionKey });
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

  private async clientWrite(
    tx: Tx,
    change: ResourceChange,
    sent: CanonicalSubscription,
    before: Incarnation | undefined,
  ): Promise<ParsedResource | undefined> {
    const storedSecrets = before === undefined ? new Set<string>() : await secretNames(tx, before.subscriptionKey);
    const stored = before && this.decodeStored(change);
    const now = this.deps.clock.now();
    const accepted = acceptClientWrite({ sent, before, stored, storedSecrets, now }, this.checkContext(change));
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

  private async commitDelete(tx: Tx, change: ResourceChange): Promise<void> {
    const before = await incarnationOf(tx, change.context.tenant, change.id);
    if (before === undefined || !before.alive) return;
    const { subscriptionKey, criteria, baseUrl, isMatching } = before;
    await tombstoneIncarnation(tx, subscriptionKey, change.version!, change.lastUpdated!);
    await deleteSecrets(tx, subscriptionKey);
    const closing = { subscriptionKey, opens: false, closes: isMatching, criteria, baseUrl, at: change.lastUpdated! };
    await appendChange(tx, closing);
  }
}

/** Herald's own writes change status and error only: everything else stands as it was accepted. */
function systemWrite(subscription: CanonicalSubscription, before: Incarnation): PreparedWrite {
  const { config, endsAt, baseUrl } = before;
  return { subscription, config, before, ...(endsAt && { endsAt }), secrets: new Map(), baseUrl };
}
