// Every named maximum of the ground floor. Units stand in the names.

/**
 * How often the offset to the database's clock is measured again, and with how many samples: more, up to the maximum, while the shortest round
 * trip leaves more doubt than allowed; what is still in doubt is measured again soon.
 */
export const CLOCK_MEASURE_INTERVAL_MS = 30_000;
export const CLOCK_MEASURE_AGAIN_MS = 1_000;
export const CLOCK_SAMPLES = 5;
export const CLOCK_SAMPLES_MAX = 20;
export const CLOCK_DOUBT_MS_MAX = 25;

/** A failed worker starts again after this long, doubling up to the maximum; a run this long counts as healthy again. */
export const WORKER_RESTART_MS_MIN = 100;
export const WORKER_RESTART_MS_MAX = 10_000;
export const WORKER_STEADY_MS = 60_000;

/** How often a transaction is repeated after a deadlock or a serialization failure, unless the caller says otherwise. */
export const DEADLOCK_RETRIES_MAX = 3;
/** How long a caller waits for a connection, new or from the pool. */
export const DATABASE_CONNECT_TIMEOUT_MS = 10_000;
/** How much longer than a statement may take its answer is waited for: a line that was cut without a farewell never brings one. */
export const DATABASE_ANSWER_MARGIN_MS = 5_000;
/** A session that sits in an open transaction this long without a statement is ended by the server: its locks would hold up others. */
export const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
/** How long a starting process waits for another one that is migrating the same database. */
export const MIGRATION_LOCK_TIMEOUT_MS = 120_000;

/** A duty is held this many of its intervals, and never shorter: its holder renews between steps, and one that died is missed soon. */
export const DUTY_LEASE_INTERVALS = 2;
export const DUTY_LEASE_MS_MIN = 30_000;
/** Sessions told by one question about long transactions. */
export const LONG_TRANSACTIONS_MAX = 20;

/** The embedded Postgres: sessions, tries to find a free port, patience at start (crash recovery included) and at stop. */
export const EMBEDDED_CONNECTIONS_MAX = 200;
export const EMBEDDED_PORT_TRIES_MAX = 5;
export const EMBEDDED_READY_MS_MAX = 180_000;
export const EMBEDDED_STOP_MS_MAX = 20_000;
export const EMBEDDED_RESTART_MS_MIN = 200;
export const EMBEDDED_RESTART_MS_MAX = 10_000;
/** An orphaned Postgres is asked to stop, then made to. */
export const ORPHAN_FAST_STOP_MS = 10_000;
export const ORPHAN_STOP_MS_MAX = 30_000;
export const ORPHAN_POLL_MS = 50;

/** Outbound HTTP: URL length, how long a connection stays idle, how old its address check may grow, uncounted re-tries. */
export const EGRESS_URL_LENGTH_MAX = 2048;
export const EGRESS_IDLE_MS_MAX = 15_000;
export const EGRESS_SOCKET_AGE_MS_MAX = 60_000;
export const EGRESS_RETRIES_MAX = 1;
