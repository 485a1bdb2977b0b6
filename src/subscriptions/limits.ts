// Every named maximum of this room. Units stand in the names.

/** `channel.header` lines of one Subscription. */
export const HEADERS_MAX = 20;
/** Characters of one header value. */
export const HEADER_VALUE_CHARS_MAX = 4_096;
/** Characters of one header name. */
export const HEADER_NAME_CHARS_MAX = 128;
/** Characters of `Subscription.error`. */
export const ERROR_TEXT_CHARS_MAX = 1_000;
/** What a lease must leave over a request's deadline. */
export const LEASE_RESERVE_MS = 15_000;

/** Incarnations read by one statement while the registry loads: parsing them holds up the process for that long. */
export const REGISTRY_PAGE_ROWS = 500;
/** Changes the registry takes in by one statement; a reader that is further behind asks again. */
export const CATCH_UP_ROWS = 5_000;

/** Subscriptions made active by one transaction. It holds the change counter to its commit, so other writes of Subscriptions wait that long. */
export const ACTIVATION_SET_MAX = 200;
/** How often the activation worker looks without having been woken. */
export const ACTIVATION_SWEEP_MS = 1_000;
/** A process that does the sweep and dies is replaced after this long. */
export const ACTIVATION_LEASE_MS = 5_000;
/** Subscriptions whose end has come that are turned off in one round. */
export const EXPIRY_ROUND_MAX = 500;
/** The expiry duty is held this many intervals, so that a holder that pauses loses it soon. */
export const EXPIRY_LEASE_INTERVALS = 5;
/** A status write that keeps meeting other writes of the same Subscription gives up after this many tries. */
export const STATUS_WRITE_TRIES_MAX = 5;
/** Rows of the change log, or incarnations, that the retention looks at in one step. */
export const RETENTION_STEP_ROWS = 1_000;
/** Living Subscriptions looked at for one page of those that ask about a type. */
export const ASKING_ROWS_MAX = 20_000;

/** Subscriptions looked at at once when a search parameter of one's own is to end. */
export const CUSTOM_USERS_PAGE_ROWS = 1_000;
