// Named maxima of the composition root.

/** How long a start waits for a database that does not answer yet, and how often it looks. */
export const DATABASE_WAIT_MS_MAX = 120_000;
export const DATABASE_WAIT_STEP_MS = 1000;
/** Connections for status writes and duties in a process that serves no API. */
export const DUTY_CONNECTIONS = 4;
/** What a stop may take beyond the deadline of the attempts under way. */
export const DRAIN_RESERVE_MS = 5000;
/** How often the housekeeping of deliveries looks. */
export const HOUSEKEEPING_INTERVAL_MS = 1000;
