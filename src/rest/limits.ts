// Named maxima of the HTTP side. Bytes of a body are configuration (`http.bodyBytesMax`), not here.

/** A body over the limit is read and thrown away up to this many bytes more, so that the client gets to read the 413 answer. */
export const DRAIN_BYTES_MAX = 64 * 1024 * 1024;

/** Longest request id taken over from a client; a longer or unsafe one is replaced by our own. */
export const REQUEST_ID_LENGTH_MAX = 128;

/** Longest path and user agent written to the log. */
export const LOGGED_TEXT_LENGTH_MAX = 512;

/** Versions on one page of a history, asked for and by default. */
export const HISTORY_COUNT_MAX = 1000;
export const HISTORY_COUNT_DEFAULT = 50;

/** Entries of a batch that are worked on side by side. */
export const BATCH_CONCURRENCY = 8;

/** Different conditional references (`Type?params`) that one transaction may hold; each is a search. */
export const CONDITIONAL_REFERENCES_MAX = 200;

/** Resources that _include and _revinclude add to one page, and how often what was included is followed further. */
export const INCLUDED_MAX = 1000;
export const INCLUDE_ROUNDS_MAX = 6;

/** Problems named in one answer; the rest is counted, not listed. */
export const ISSUES_MAX = 50;

/** Negotiated header values that are remembered (Accept, Content-Type): they repeat, parsing them does not have to. */
export const NEGOTIATED_VALUES_MAX = 256;

/** Longest Bearer token compared. */
export const TOKEN_LENGTH_MAX = 4096;

/** Seconds a browser may remember a CORS preflight, and seconds after which a client may try again when the database was away. */
export const PREFLIGHT_MAX_AGE_SECONDS = 600;
export const RETRY_AFTER_SECONDS = 5;

/** How long an idle connection is kept, in milliseconds: longer than the idle time of usual load balancers. */
export const KEEP_ALIVE_MS = 72_000;

/** Longest time a client may take to send one request, in milliseconds: a body that drips in for ever holds a socket. */
export const REQUEST_TIMEOUT_MS = 120_000;

/** How often the backlog is looked at; with every row it is looked at rarer, since counting reads them all: ten million rows every 100 s. */
export const BACKLOG_LOOK_MS = 1000;
export const BACKLOG_LOOK_MS_PER_ROW = 0.01;

/** Writes are taken again when the backlog has fallen to this share of its bound. */
export const BACKLOG_RESUME_SHARE = 0.9;

/** Seconds after which a refused write may be tried again: a backlog takes longer to shrink than a crowd to pass. */
export const BACKLOG_RETRY_SECONDS = 10;
export const WRITE_RETRY_SECONDS = 2;

/** Longest wait of a write for its turn, in milliseconds. */
export const WRITE_WAIT_MS_MAX = 10_000;

/** Writes of Subscriptions at a time, and waiting: a door of their own. */
export const SUBSCRIPTION_SLOTS_MAX = 32;
export const SUBSCRIPTION_SLOTS_QUEUE_MAX = 1024;
/** A search whose parameters are changed while it runs is asked this often; then the client is told to try again. */
export const SEARCH_TRIES_MAX = 3;
