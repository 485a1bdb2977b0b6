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
