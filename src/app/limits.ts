// Named maxima of the composition root.

/** How long a start waits for a database that does not answer yet, and how often it looks. */
export const DATABASE_WAIT_MS_MAX = 120_000;
export const DATABASE_WAIT_STEP_MS = 1000;
/** Connections for status writes and duties in a process that serves no API. */
export const DUTY_CONNECTIONS = 4;
/** Connections of the relay: one to read and mark, one for its lease. */
export const RELAY_CONNECTIONS = 2;
/** A table that is busy when publishing begins is tried again so often, with this pause. */
export const BEGIN_PUBLISHING_TRIES_MAX = 60;
export const BEGIN_PUBLISHING_PAUSE_MS = 500;
/** What a stop may take beyond the deadline of the attempts under way. */
export const DRAIN_RESERVE_MS = 5000;
/** How often the housekeeping of deliveries looks. */
export const HOUSEKEEPING_INTERVAL_MS = 1000;
/** An event that is not matched after this long is alarmed, and the matcher woken. */
export const UNMATCHED_ALARM_MS = 60_000;
/** Transactions of this age are alarmed: those that have written hold locks, those that only read make every claim slower. */
export const LONG_WRITE_MS = 5_000;
export const LONG_READ_MS = 600_000;
/** The retention's first round after a start. */
export const RETENTION_FIRST_AFTER_MS = 60_000;
/** How long requests under way may take once the server closes, and how often connections that have become idle are looked for. */
export const HTTP_CLOSE_MS_MAX = 5_000;
export const HTTP_CLOSE_POLL_MS = 50;
/** How often the one that reindexes looks whether anything was asked for. */
export const REINDEX_LOOK_MS = 2_000;
