// Named maxima of the operator's view.

/** Rows on one page, asked for and by default. */
export const PAGE_ROWS_MAX = 500;
export const PAGE_ROWS_DEFAULT = 50;

/** A readiness check that takes longer counts as failed, in milliseconds. */
export const CHECK_DEADLINE_MS = 3000;

/** Failed resends are shown for this long, in milliseconds. */
export const FAILED_RESENDS_MS = 86_400_000;

/** Longest reason of a command, and longest Idempotency-Key. */
export const REASON_LENGTH_MAX = 500;
export const IDEMPOTENCY_KEY_LENGTH_MAX = 128;

/** Longest value of a filter. */
export const FILTER_LENGTH_MAX = 256;

/** Latest attempts shown with each delivery of a list, and on a delivery's own page. */
export const ATTEMPTS_ON_LIST_MAX = 5;
export const ATTEMPTS_ON_PAGE_MAX = 200;

/** Rows counted for the status page; more is "at least". */
export const STATUS_COUNT_MAX = 100_000;

/** The verdict changes when the oldest unmatched event is older than this, or the last audit, in milliseconds. */
export const UNMATCHED_AGE_MS_MAX = 60_000;
export const AUDIT_AGE_MS_MAX = 300_000;
