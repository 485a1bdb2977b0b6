// Keeps a process informed of search parameters of one's own, as other processes change them. Nothing depends on how soon: whoever would be wrong without it asks by himself.
import { describeError, isTransient, type Clock, type Database, type Log, type Worker } from '../../platform';
import { CUSTOM_REFRESH_MS } from '../limits';
import type { CustomParameters } from './custom-parameters';

export class CustomParametersWorker implements Worker {
  readonly name = 'search-parameters';

  constructor(private readonly deps: { custom: CustomParameters; database: Database; clock: Clock; log: Log }) {}

  async run(signal: AbortSignal): Promise<void> {
    const { custom, database, clock, log } = this.deps;
    while (!signal.aborted) {
      try {
        await custom.refresh(database);
      } catch (error) {
        // Expected: the database is away; the next look asks again.
        if (!isTransient(error)) throw error;
        log.warn({ reason: describeError(error) }, 'search-parameters.database-away');
      }
      await clock.sleep(CUSTOM_REFRESH_MS, signal);
    }
  }
}
