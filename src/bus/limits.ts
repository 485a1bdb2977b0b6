// Every named maximum of the bus.

/** Roots one call of a consumer is given. */
export const BATCH_ROOTS_MAX = 1_000;
/** Roots that wait in process at most; more are forgotten and left to the sweep. */
export const PENDING_ROOTS_MAX = 100_000;
