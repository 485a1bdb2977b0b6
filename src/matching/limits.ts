// Every named maximum of matching.

/** Deliveries one match transaction makes; it stops at the event before. One event alone may make more. */
export const DELIVERIES_MAX = 20_000;
/** Bytes of bodies one match transaction reads; one body alone may be larger. */
export const BODY_BYTES_MAX = 8 * 1024 * 1024;
/** Time one match transaction spends on evaluating; it stops at the event before. The rows it claimed are locked meanwhile. */
export const EVALUATION_MS_MAX = 250;
/** Evaluating lets the rest of the process have its turn this often. */
export const BREATH_MS = 10;
/** Resources read for the chains of one match transaction; it stops at the event before. One event alone may need more. */
export const CHAIN_TARGETS_MAX = 5_000;
/** Parsed versions of such resources that are kept for the next events. */
export const CHAIN_TARGETS_KEPT_MAX = 2_000;
/** What the body before a delete is counted as: its size is not in the outbox. */
export const DELETE_BODY_BYTES_GUESS = 16 * 1024;
/** Transactions on the same roots before other roots get their turn. */
export const ROUNDS_MAX = 32;
/** Roots one sweep asks for. */
export const SWEEP_ROOTS_MAX = 1_000;
/** Pause before a match is tried again after the database was lost, doubling up to the maximum. */
export const RETRY_MS_MIN = 50;
export const RETRY_MS_MAX = 5_000;
/** Snapshots looked at when tidying up, and how many sweeps lie between two looks. */
export const SNAPSHOTS_MAX = 500;
export const SWEEPS_BETWEEN_TIDYING = 10;
/** Subscription ids named in the log line of one event. */
export const LOGGED_SUBSCRIPTIONS_MAX = 20;

/** Events of a type whose keys are counted at first, and after those one in so many. */
export const SAMPLE_FIRST = 512;
export const SAMPLE_EVERY = 32;
/** Ways of making keys that are counted for one type, and keys counted for each. */
export const WATCHED_FORMS_MAX = 128;
export const KEYS_COUNTED_MAX = 2_048;
/** Groups that lie in a bucket side by side before they are told apart by another of their clauses, and how often that is repeated. */
export const LOOSE_MAX = 32;
export const SPLITS_MAX = 3;
/** Groups whose clauses are kept while one group is filed or taken out: lists of many values meet the same groups under each of them. */
export const REREAD_MAX = 256;
/** Values of a clause above which they are looked up in a set. */
export const LISTED_VALUES_MAX = 16;
/** Candidates under one key that an event may reject before what lies there is filed anew by what is known now. */
export const REJECTS_MAX = 64;
/** Groups filed anew after one event, and events that pass before the same bucket is looked at again. */
export const REFILED_PER_EVENT = 8;
export const EVENTS_BETWEEN_REVIEWS = 10_000;
