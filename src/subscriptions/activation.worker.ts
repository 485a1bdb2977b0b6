// requested → active, within moments of the write: woken by the doorbell, with a sweep as its net. Criteria subscriptions have no
// handshake; what is checked again is whether the criteria can (still) be evaluated.
import { FhirError, parseCriteria, type FhirDefinitions } from '../fhir';
import type { Clock, Database, Log, Worker } from '../platform';
import type { Incarnation } from './incarnation';
import { incarnationByKey, requestedKeys } from './incarnations';
import { ACTIVATION_ROUND_MAX, ACTIVATION_SWEEP_MS, ACTIVATIONS_AT_ONCE } from './limits';
import type { SubscriptionStatusWriter } from './status-writer';
import type { SubscriptionDoorbell } from './subscription-doorbell';

export interface ActivationWorkerDeps {
  readonly database: Database;
  readonly definitions: FhirDefinitions;
  readonly statusWriter: SubscriptionStatusWriter;
  readonly doorbell: SubscriptionDoorbell;
  readonly clock: Clock;
  readonly log: Log;
}

export class ActivationWorker implements Worker {
  readonly name = 'subscription-activation';

  constructor(private readonly deps: ActivationWorkerDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    let wake = new AbortController();
    const stopListening = this.deps.doorbell.onRing(() => wake.abort());
    try {
      while (!signal.aborted) {
        // Before the look, so that a ring during it is not slept over.
        wake = new AbortController();
        await this.activateRequested(signal);
        await this.deps.clock.sleep(ACTIVATION_SWEEP_MS, AbortSignal.any([signal, wake.signal]));
      }
    } finally {
      stopListening();
    }
  }

  /** One round over everything that waits now. */
  async activateRequested(signal?: AbortSignal): Promise<void> {
    for (let after = 0; !signal?.aborted;) {
      const keys = await requestedKeys(this.deps.database, after, ACTIVATION_ROUND_MAX);
      const waiting = keys[Symbol.iterator]();
      // A few lanes take keys from one iterator: no key twice, no batch that waits for its slowest.
      await Promise.all(Array.from({ length: ACTIVATIONS_AT_ONCE }, () => this.activateEach(waiting, signal)));
      if (keys.length < ACTIVATION_ROUND_MAX) return;
      after = keys.at(-1)!;
    }
  }

  private async activateEach(waiting: Iterable<number>, signal?: AbortSignal): Promise<void> {
    for (const key of waiting) {
      if (signal?.aborted) return;
      await this.activate(key);
    }
  }

  private async activate(subscriptionKey: number): Promise<void> {
    const { database, statusWriter } = this.deps;
    const incarnation = await incarnationByKey(database, subscriptionKey);
    if (incarnation === undefined) return;
    const problem = this.problemOf(incarnation);
    if (problem === undefined) await statusWriter.setActive(subscriptionKey);
    else await statusWriter.setError(subscriptionKey, problem);
  }

  private problemOf(incarnation: Incarnation): string | undefined {
    try {
      parseCriteria(this.deps.definitions, incarnation.criteria, incarnation);
      return undefined;
    } catch (error) {
      // Expected: criteria accepted by another version of Herald that this one cannot evaluate.
      if (error instanceof FhirError) return error.message;
      throw error;
    }
  }
}
