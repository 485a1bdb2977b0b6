// Named maxima of operations.

/** Parameters of one call. */
export const PARAMETERS_MAX = 50;
/** Longest reason and Idempotency-Key. */
export const REASON_LENGTH_MAX = 500;
export const IDEMPOTENCY_KEY_LENGTH_MAX = 128;
