// Every named maximum of this room.

/** Bodies of versions just written are kept in the process up to this many bytes, so that matching need not read them again. */
export const VERSION_CACHE_BYTES_MAX = 32 * 1024 * 1024;
/** A body larger than this is not kept: one of them would push out hundreds. */
export const VERSION_CACHE_BODY_BYTES_MAX = 1024 * 1024;
/** A transaction is repeated this often when a row appeared between its lock and its insert. */
export const APPEARED_RETRIES_MAX = 3;
/** Versions read by one statement of `readVersions`. */
export const READ_VERSIONS_MAX = 2_000;
/** Matches of one page when the client names no `_count`; the most it gets is `searchLimits.countMax` of fhir. */
export const SEARCH_COUNT_DEFAULT = 50;
/** Versions of one history page, at most; more than the 1,000 a client may ask for, so that a caller can look one further. */
export const HISTORY_COUNT_MAX = 2_000;
/** Newest versions of a type that `recentVersions` names, at most: it may look at that many of each of that many resources. */
export const RECENT_VERSIONS_MAX = 500;
/** Create statements on their way at once; creates that come meanwhile are grouped. */
export const CREATE_STATEMENTS_MAX = 3;
/** Creates in one group, and bytes of their bodies (a bigger one goes alone). */
export const CREATE_GROUP_MAX = 64;
export const CREATE_GROUP_BYTES_MAX = 1024 * 1024;

/**
 * For whoever opens the pool that the store writes and reads through. A plan made while a table was tiny is a sequential scan, and a session keeps it until
 * somebody analyses the table: updates were seen to take 12 ms instead of 0.9. JIT would compile statements that run for microseconds.
 */
export const STORE_SESSION_SETTINGS: Readonly<Record<string, string>> = { jit: 'off', enable_seqscan: 'off' };

/** Reindexing: resources of one page, bytes of their bodies, and the pause after each, so that the rest of the server is not crowded out. */
export const REINDEX_PAGE_ROWS = 200;
export const REINDEX_PAGE_BYTES = 4 * 1024 * 1024;
export const REINDEX_PAUSE_MS = 5;

/** Search parameters of one's own, ended ones that Subscriptions used included; each base type counts. */
export const CUSTOM_PARAMETERS_MAX = 500;
/** Subscriptions named when a parameter that they use may not end. */
export const CUSTOM_USERS_SHOWN_MAX = 5;
/** How often a process looks for changed search parameters. */
export const CUSTOM_REFRESH_MS = 1_000;
/** A write whose index entries were made without newer search parameters is computed anew this often. */
export const BEHIND_FENCE_RETRIES_MAX = 3;
/** How long raising a fence waits for the writers of a type; new ones wait behind it meanwhile. */
export const FENCE_LOCK_TIMEOUT_MS = 1_000;
