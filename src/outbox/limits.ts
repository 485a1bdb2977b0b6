// Every named maximum of this room.

/** Daily partitions that always exist: today and this many days after it. */
export const PARTITION_DAYS_AHEAD = 3;
/** How often the partitions worker looks. */
export const PARTITION_INTERVAL_MS = 60 * 60 * 1000;
/** How long making a partition may wait for running transactions, with others waiting behind it, before it gives way and tries again later. */
export const PARTITION_LOCK_TIMEOUT_MS = 1_000;
/** After a day has begun, or a partition was made, its rows are counted for the planner this much later. */
export const PARTITION_SETTLE_MS = 60_000;
/** After a failed try (somebody held the table), the worker looks again this soon. */
export const PARTITION_RETRY_MS = 10_000;
/** The sweep looks at this many unmatched rows for every root it was asked for before it turns to listing roots. */
export const SWEEP_ROWS_PER_ROOT = 20;
/** Whether snapshots may be forgotten is only answered while fewer rows than this wait. */
export const SNAPSHOT_QUESTION_ROWS_MAX = 1_000;
/** The audit looks at this many of the oldest unmatched rows. */
export const OVERDUE_ROWS_MAX = 1_000;
/** How long dropping a partition may hold up writers while it waits for running transactions; it is tried again at the next round. */
export const DROP_LOCK_TIMEOUT_MS = 500;
/** Rows that the retention deletes from the default partition in one step. */
export const RETENTION_STEP_ROWS = 1_000;
/** The relay's backlog is counted up to this. */
export const UNPUBLISHED_COUNT_MAX = 1_000_000;
/** How far the time in an event id, or of a version, may lie from the time of its row, in milliseconds. */
export const FIND_EVENT_WINDOW_MS = 600_000;
