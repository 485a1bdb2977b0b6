// Named maxima of operations.

/** Parameters of one call. */
export const PARAMETERS_MAX = 50;
/** Longest reason and Idempotency-Key. */
export const REASON_LENGTH_MAX = 500;
export const IDEMPOTENCY_KEY_LENGTH_MAX = 128;

/** Changes that the answer to a write of a Subscription looks back on. */
export const OUTLOOK_CHANGES_MAX = 100;
/** Changes that $explain looks back on; of those that match so many are shown. */
export const EXPLAINED_CHANGES_MAX = 500;
export const EXAMPLES_MAX = 5;
/** Versions read at once while looking back, and bytes of their bodies in all: it stops there and says how far it came. */
export const CHANGES_READ_AT_ONCE = 50;
export const CHANGES_BYTES_MAX = 32 * 1024 * 1024;
