// Herald's own writes of a Subscription's status: ordinary new versions that raise events, made only while the state still calls for them.
import { subscriptionCodecFor, type FhirDefinitions, type SubscriptionCodec, type SubscriptionStatus } from '../fhir';
import { groupBy, randomId, type Database, type Log } from '../platform';
import type { ResourceStore } from '../store';
import { incarnationByKey, incarnationsByKey } from './incarnations';
import { ERROR_TEXT_CHARS_MAX, STATUS_WRITE_TRIES_MAX } from './limits';
import { isSystemStep } from './status-machine';
import { problemOfStored, type Learn } from './stored-criteria';

export interface SubscriptionStatusWriterDeps {
  readonly database: Database;
  readonly store: ResourceStore;
  readonly definitions: FhirDefinitions;
  readonly log: Log;
  readonly learn?: Learn;
}

interface StatusStep {
  readonly to: SubscriptionStatus;
  readonly error: string | null;
  /** Whose wish it is; absent: Herald's own. */
  readonly caller?: string;
}

/** Each method answers whether it wrote: false when that incarnation is gone or its status does not allow the step (any more). */
export class SubscriptionStatusWriter {
  private readonly codec: SubscriptionCodec;

  constructor(private readonly deps: SubscriptionStatusWriterDeps) {
    this.codec = subscriptionCodecFor(deps.definitions.fhirVersion);
  }

  /** To `error`, with a text that holds no credentials and no body; cut to 1,000 characters. One write per failure: `error` stays as it is. */
  setError(subscriptionKey: number, text: string): Promise<boolean> {
    return this.write(subscriptionKey, 'error', errorText(text));
  }

  /** From `requested` (activation) or `error` (recovery) to `active`; the error text goes. */
  setActive(subscriptionKey: number): Promise<boolean> {
    return this.write(subscriptionKey, 'active', null);
  }

  /**
   * `setActive` for many, one transaction for each tenant and base URL; leaves alone whatever another write came in between of. Throws what one of them
   * throws, with nothing written for those of its transaction.
   */
  async setAllActive(subscriptionKeys: readonly number[]): Promise<void> {
    const { database, store } = this.deps;
    const seen = (await incarnationsByKey(database, subscriptionKeys)).filter(
      ({ alive, status }) => alive && isSystemStep(status, 'active'),
    );
    // What one transaction may write: it belongs to one tenant, and is made under one base URL.
    for (const alike of groupBy(seen, ({ tenant, baseUrl }) => `${tenant} ${baseUrl}`).values()) {
      const { tenant, baseUrl } = alike[0]!;
      const context = { tenant, requestId: randomId(), baseUrl, isSystemWrite: true };
      const changes = alike.map(
        ({ id, version }) => [id, this.revision(version, { to: 'active', error: null })] as const,
      );
      await store.reviseAll(context, 'Subscription', new Map(changes));
    }
  }

  /** To `off`. A reason becomes the Subscription's error text; without one (its end has come) there is none. */
  setOff(subscriptionKey: number, reason?: string): Promise<boolean> {
    return this.write(subscriptionKey, 'off', reason === undefined ? null : errorText(reason));
  }

  /**
   * From `off` to `requested`, in a caller's name: the same write as the client's own PUT, checked like one. It then becomes active by the usual way.
   * Throws FhirError 422 when the Subscription could not be saved like that any more.
   */
  request(subscriptionKey: number, caller: string): Promise<boolean> {
    return this.write(subscriptionKey, 'requested', null, caller);
  }

  private async write(
    subscriptionKey: number,
    to: SubscriptionStatus,
    error: string | null,
    caller?: string,
  ): Promise<boolean> {
    for (let tries = 0; tries < STATUS_WRITE_TRIES_MAX; tries += 1) {
      const outcome = await this.tryWrite(subscriptionKey, { to, error, caller });
      if (outcome !== 'moved') return outcome === 'written';
    }
    this.deps.log.warn({ subscriptionKey, to }, 'subscription.status-write-given-up');
    return false;
  }

  /** `moved`: another version was written in between, so the look at the incarnation was too early. */
  private async tryWrite(
    subscriptionKey: number,
    { to, error, caller }: StatusStep,
  ): Promise<'written' | 'not-allowed' | 'moved'> {
    const { database, store } = this.deps;
    const seen = await incarnationByKey(database, subscriptionKey);
    if (seen === undefined || !seen.alive) return 'not-allowed';
    if (caller === undefined ? !isSystemStep(seen.status, to) : seen.status !== 'off') return 'not-allowed';
    // What was isolated for its criteria matches nothing: a delivery that was still on its way must not call it active again.
    if (to === 'active' && (await problemOfStored(this.deps, seen)) !== undefined) return 'not-allowed';
    const { tenant, id, baseUrl, version } = seen;
    const context = { tenant, requestId: randomId(), baseUrl, caller, isSystemWrite: caller === undefined };
    const result = await store.revise(context, 'Subscription', id, this.revision(version, { to, error }));
    return result === undefined ? 'moved' : 'written';
  }

  /** Writes status and error, if the resource is still at the version that was looked at. */
  private revision(version: number, { to, error }: StatusStep): Parameters<ResourceStore['revise']>[3] {
    return (current, resource) =>
      current.version === version ? this.codec.rewrite(resource, { status: to, error }) : undefined;
  }
}

/** One line without control characters, at most 1,000 characters, never empty. */
export function errorText(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line === ''
    ? 'Unknown error'
    : [...line].slice(0, ERROR_TEXT_CHARS_MAX).join('').slice(0, ERROR_TEXT_CHARS_MAX);
}
