// What both ends of the queue must agree on.
import type { Counter } from 'prom-client';

/** The queue's name within `HERALD_REDIS_PREFIX`, and the name of every job in it. */
export const QUEUE_NAME = 'wake-ups';
export const JOB_NAME = 'wake-up';

/** What becomes of wake-ups: sent, forgotten (nobody would wait for them), heard, refused (not a subscription key). */
export type Fates = Counter<'fate'>;
