// Every named maximum of the channels room.

/** Length of a header's name and value. */
export const HEADER_NAME_LENGTH_MAX = 128;
export const HEADER_VALUE_LENGTH_MAX = 4_096;

/** A Retry-After is honoured up to this long. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** What an outcome says in words, at most. */
export const REASON_LENGTH_MAX = 300;
