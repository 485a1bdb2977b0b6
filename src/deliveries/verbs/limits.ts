// Named maxima of the operator's verbs.

/** What one order of an operator may touch at once: deliveries sent again or redriven, and rows passed over in one transaction. */
export const ORDER_ROWS_MAX = 10_000;
export const PASS_OVER_STEP_ROWS = 5_000;
/** Up to where figures are counted. */
export const FIGURES_MAX = 10_000;
/** Blocked keys let go by one order, and dead letters shown before one. */
export const UNBLOCK_KEYS_MAX = 1_000;
export const SAMPLE_ROWS = 20;
/** Pending rows looked at for keys that may be in an owner's memory, and how far clocks may differ there. */
export const IN_HAND_ROWS_MAX = 10_000;
export const IN_HAND_MARGIN_MS = 1_000;
/** A lease outlasts every deadline by at least this much: configuration and Subscriptions are held to it. */
export const LEASE_RESERVE_MS = 15_000;
