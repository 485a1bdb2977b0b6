// Every named maximum of the deliveries room that is not configuration (configuration: DeliveryDefaults in platform/config).

/** Slices of one subscription; the actual number is min(this, cap), 1 for ordering `subscription`, fixed for an incarnation. */
export const SLICES_MAX = 4;
/** Slices taken by one claim, and owned by one process at a time. */
export const CLAIM_SLICES_MAX = 500;
export const OWNED_SLICES_MAX = 1_000;
/** Subscriptions that may lease fewer slices than they have, looked at by one claim. */
export const NARROW_CLAIM_MAX = 500;
/** Pending rows looked at when the last look met nothing but followers of held keys. */
export const BEHIND_STEP_ROWS = 500;
/** Due heads of held keys taken from one slice at a time. */
export const HELD_HEADS_MAX = 100;
/** Deliveries to be sent again that are taken from one slice at a time. */
export const RESENDS_PER_LOOK = 100;
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
/** The breaker opens after this many class-E results in a row over this many keys, or after this many failures to connect. */
export const BREAKER_FAILURES = 5;
export const BREAKER_KEYS = 3;
export const BREAKER_CONNECTS = 3;
/** Failed attempts of one slice that the ledger has not taken yet; with so many nothing more is started in it. */
export const FAILURES_UNSETTLED_MAX = 3;
/** Attempts whose p95 decides the adaptive limit and the slow pool; the p95 beyond which a subscription is slow; the slow ones' share. */
export const PACE_ATTEMPTS = 20;
export const SLOW_P95_MS = 2_000;
export const SLOW_POOL_SHARE = 2;
/** Subscriptions whose pace is remembered. */
export const PACE_SUBSCRIPTIONS_MAX = 20_000;
/** Slices of slow subscriptions given back at once when nothing else finds room. */
export const MAKE_ROOM_SLICES = 100;
/** The audit's pages: subscriptions and ordering keys on one, pages of one check in one round; it goes on there in the next round. */
export const AUDIT_PAGE_SUBSCRIPTIONS = 500;
export const AUDIT_PAGE_KEYS = 1_000;
export const AUDIT_PAGES_MAX = 40;
/** Places named in one log line of the audit. */
export const AUDIT_DETAILS_MAX = 10;
/** Event numbers counted by one page of the audit, and of one subscription; and how often all of them are counted anew. */
export const GAP_ROWS_MAX = 200_000;
export const GAP_ROWS_PER_SUBSCRIPTION = 50_000;
export const GAP_RECOUNT_MS = 86_400_000;
/** Subscriptions with latency histograms of their own in one process, and the histograms' upper bounds; the rest share one series. */
export const METRIC_SUBSCRIPTIONS_MAX = 100;
export const LATENCY_BUCKETS_S = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400,
];
/** Deliveries whose times a Subscription's page sums up, and the latest event numbers they are looked for among. */
export const LATENCY_SAMPLE_MAX = 200;
export const LATENCY_ROWS_MAX = 1_000;
/** Slices looked at to find the oldest waiting delivery. */
export const OLDEST_WAITING_SLICES_MAX = 2_000;
/** The retention's steps: rows looked at in one transaction, subscriptions asked about at a time, and how long dropping a partition may hold up writers. */
export const RETENTION_STEP_ROWS = 1_000;
export const RETENTION_PAGE_SUBSCRIPTIONS = 200;
export const DROP_LOCK_TIMEOUT_MS = 500;
/** How long the sender's timer for a subscription with a rate is at most; slower ones are met by the lease keeper's round. */
export const RATE_WAIT_MS_MAX = 500;
/** Requests to one origin at a time, unless told otherwise. */
export const CONNECTIONS_PER_ORIGIN = 32;
/** Subscriptions told of a blocked key in one round of housekeeping. */
export const UNTOLD_BLOCKS_MAX = 100;
/** Wake-ups for other processes: subscriptions held in memory until Redis takes them, in one batch, and how long a batch gathers. */
export const WAKE_UPS_PENDING_MAX = 10_000;
export const WAKE_UP_BATCH_MAX = 500;
export const WAKE_UP_GATHER_MS = 5;
/** Wake-ups waiting in Redis; with so many no more are added. Taken out at a time, and how long one may take before it is handed out again. */
export const WAKE_UPS_IN_REDIS_MAX = 50_000;
export const WAKE_UPS_AT_A_TIME = 8;
export const WAKE_UP_LOCK_MS = 10_000;
/** Redis: to connect, to answer a command, without a word before the line counts as cut, between tries to connect again, between questions whether it is there. */
export const REDIS_CONNECT_TIMEOUT_MS = 5_000;
export const REDIS_COMMAND_TIMEOUT_MS = 2_000;
export const REDIS_SILENCE_MS = 15_000;
export const REDIS_KEEP_ALIVE_MS = 10_000;
export const REDIS_RECONNECT_MS_MIN = 100;
export const REDIS_RECONNECT_MS_MAX = 2_000;
export const REDIS_PING_MS = 1_000;
/** A wait for work at Redis is renewed after so many seconds; less than the silence that counts as a cut line. */
export const REDIS_POLL_S = 5;
/** What closing the connections may take at stop. */
export const REDIS_CLOSE_MS_MAX = 2_000;
