// Every named maximum of the deliveries room that is not configuration (configuration: DeliveryDefaults in platform/config).

/** Slices of one subscription; the actual number is min(this, cap), 1 for ordering `subscription`, fixed for an incarnation. */
export const SLICES_MAX = 4;
/** Slices taken by one claim, and owned by one process at a time. */
export const CLAIM_SLICES_MAX = 500;
export const OWNED_SLICES_MAX = 1_000;
/** Subscriptions with a cap below their slices looked at by one claim. */
export const NARROW_CLAIM_MAX = 50;
/** Pending rows looked at when the last look met nothing but followers of held keys. */
export const BEHIND_STEP_ROWS = 500;
/** Due heads of held keys taken from one slice at a time. */
export const HELD_HEADS_MAX = 100;
/** A key that fills more than this share of a full window becomes busy. */
export const BUSY_SHARE = 4;
/** No attempt starts on a reading (epoch, sending, paused, end) older than this. */
export const READING_AGE_MS_MAX = 900;
/** A lease is prolonged once this share of it has passed. */
export const RENEW_AFTER_SHARE = 6;
/** Successes remembered per slice: as many as the evidence rule asks for. */
export const SUCCESS_MARKS_MAX = 3;
/** How many other successes, or other failing keys, make evidence. */
export const EVIDENCE_MIN = 3;
/** Failing heads brought forward at once when a client changes its Subscription. */
export const BRING_FORWARD_MAX = 2_000;
/** Rows of a deleted incarnation cancelled in one step, and incarnations looked at in one round. */
export const CANCEL_STEP_ROWS = 500;
export const CANCEL_ROUND_MAX = 20;
/** Length of what is written into Subscription.error, and up to where waiting rows are counted for it. */
export const ERROR_TEXT_LENGTH_MAX = 1_000;
export const WAITING_COUNT_MAX = 10_000;
/** Bodies read by one call of the store. */
export const BODIES_PER_READ_MAX = 500;
/** Decrypted subscriptions kept in memory. */
export const SUBSCRIPTION_CACHE_MAX = 20_000;
/** A page of the admin's list of deliveries. */
export const PAGE_MAX = 500;
/** Daily partitions of attempt made ahead, and how often. */
export const PARTITION_DAYS_AHEAD = 3;
export const PARTITION_INTERVAL_MS = 3_600_000;
/** Wait before the ledger is asked again after the database was lost. */
export const LEDGER_RETRY_MS = 250;
/** How long the first of a claim waits for rings to gather. */
export const RING_GATHER_MS = 1;
