// requested → active, within moments of the write: woken by the doorbell of this process, with a sweep as the net, which one process does for all:
// side by side they would wait for each other's locks and find everything done. Criteria subscriptions have no handshake; what is checked
// again is whether the criteria can (still) be evaluated.
import type { FhirDefinitions } from '../fhir';
import {
  describeError,
  holdDuty,
  isTransient,
  releaseDuty,
  type Clock,
  type Database,
  type Log,
  type Worker,
} from '../platform';
import { incarnationsByKey, requestedKeys } from './incarnations';
import { ACTIVATION_LEASE_MS, ACTIVATION_SET_MAX, ACTIVATION_SWEEP_MS } from './limits';
import type { SubscriptionStatusWriter } from './status-writer';
import { problemOfStored, type Learn } from './stored-criteria';
import type { SubscriptionDoorbell } from './subscription-doorbell';

export interface ActivationWorkerDeps {
  readonly database: Database;
  readonly definitions: FhirDefinitions;
  readonly statusWriter: SubscriptionStatusWriter;
  readonly doorbell: SubscriptionDoorbell;
  readonly clock: Clock;
  readonly log: Log;
  /** Identity of this process among those that share the database. */
  readonly holder: string;
  readonly learn?: Learn;
}

const DUTY = 'subscription-activation';

export class ActivationWorker implements Worker {
  readonly name = DUTY;

  constructor(private readonly deps: ActivationWorkerDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    const { database, doorbell, clock, holder } = this.deps;
    let rung = new AbortController();
    const stopListening = doorbell.onRing(() => rung.abort());
    try {
      while (!signal.aborted) {
        const isRung = rung.signal.aborted;
        // Before the look, so that a ring during it is not slept over.
        rung = new AbortController();
        if (isRung || (await holdDuty(database, clock, DUTY, holder, ACTIVATION_LEASE_MS)))
          await this.activateRequested(signal);
        await clock.sleep(ACTIVATION_SWEEP_MS, AbortSignal.any([signal, rung.signal]));
      }
      await releaseDuty(database, clock, DUTY, holder);
    } finally {
      stopListening();
    }
  }

  /** One round over everything that waits now, set by set. */
  async activateRequested(signal?: AbortSignal): Promise<void> {
    for (let after = 0; !signal?.aborted;) {
      const keys = await requestedKeys(this.deps.database, after, ACTIVATION_SET_MAX);
      if (keys.length > 0) await this.activateAll(keys);
      if (keys.length < ACTIVATION_SET_MAX) return;
      after = keys.at(-1)!;
    }
  }

  private async activateAll(keys: readonly number[]): Promise<void> {
    const { database, statusWriter } = this.deps;
    const fit: number[] = [];
    for (const incarnation of await incarnationsByKey(database, keys)) {
      const problem = await problemOfStored(this.deps, incarnation);
      if (problem === undefined) fit.push(incarnation.subscriptionKey);
      else await statusWriter.setError(incarnation.subscriptionKey, problem);
    }
    await this.writeTogether(fit);
  }

  private async writeTogether(keys: readonly number[]): Promise<void> {
    const { statusWriter, log } = this.deps;
    try {
      await statusWriter.setAllActive(keys);
    } catch (error) {
      // Expected: the database went away (then everything waits), or one of the set cannot be written. By itself it fails alone.
      if (isTransient(error)) throw error;
      log.warn({ reason: describeError(error), count: keys.length }, 'subscriptions.activated-one-by-one');
      for (const key of keys) await statusWriter.setActive(key);
    }
  }
}
