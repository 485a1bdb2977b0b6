// Every named maximum of the bus.

/** Roots one call of a consumer is given. */
export const BATCH_ROOTS_MAX = 1_000;
/** Roots that wait in process at most; more are forgotten and left to the sweep. */
export const PENDING_ROOTS_MAX = 100_000;

/** A record's value is at most this; an event whose resource does not fit goes without it. Brokers refuse more than 1 MiB by default. */
export const VALUE_BYTES_MAX = 900_000;
/** Records of one send, counted with their bodies: a broker's limit holds for what goes to one partition together. */
export const SEND_BYTES_MAX = 900_000;
/** What a record is counted with beside its resource: key, headers, the other fields of the value. */
export const RECORD_BYTES_GUESS = 1_000;

/** The relay's lease, how soon it is renewed, and how long before its end nothing may leave any more. */
export const RELAY_LEASE_MS = 15_000;
export const RELAY_RENEW_MS = 3_000;
export const RELAY_LEASE_MARGIN_MS = 2_000;
/** How often a relay that does not lead looks whether it should. */
export const RELAY_STANDBY_MS = 1_000;
/** After a look that found less than so many the relay looks again soon, until it has found nothing for so long. */
export const RELAY_MANY = 8;
export const RELAY_SOON_MS = 10;
export const RELAY_FRESH_MS = 1_000;
/** How often the relay's lag is measured. */
export const RELAY_MEASURE_MS = 5_000;

/** A pause after brokers could not be reached, doubling up to the maximum. */
export const AWAY_MS_MIN = 100;
export const AWAY_MS_MAX = 5_000;
/** Patience with one connection, one request; tries of the client, and the longest pause between two of them. */
export const CONNECT_MS_MAX = 3_000;
export const REQUEST_MS_MAX = 5_000;
export const CLIENT_RETRIES_MAX = 4;
export const CLIENT_RETRY_MS_MAX = 1_000;
/** Patience with a client that is told to disconnect. */
export const DISCONNECT_MS_MAX = 5_000;

/** A member of the group that is silent this long has left it; it speaks this often; a rebalance waits this long for members. */
export const SESSION_MS = 10_000;
export const HEARTBEAT_MS = 1_000;
export const REBALANCE_MS = 15_000;
/** How long a fetch waits for something to arrive: what a stop waits for at most. */
export const FETCH_WAIT_MS = 500;
/** Bytes of one fetch, in all and per partition. */
export const FETCH_BYTES_MAX = 4 * 1024 * 1024;
export const FETCH_PARTITION_BYTES_MAX = 1024 * 1024;
/** Partitions whose records are worked on at a time. */
export const PARTITIONS_AT_A_TIME = 16;
/** A record whose roots could not be handled so many times is passed over; between two tries its partition pauses, doubling up to the maximum. */
export const POISON_TRIES_MAX = 5;
export const POISON_PAUSE_MS_MIN = 100;
export const POISON_PAUSE_MS_MAX = 5_000;
/** Roots named by one alarm. */
export const ALARMED_ROOTS_MAX = 20;

/** Patience with the token endpoint, the longest answer read, and how much of a token's life is used. */
export const TOKEN_MS_MAX = 10_000;
export const TOKEN_BYTES_MAX = 64 * 1024;
export const TOKEN_LIFE_USED = 0.8;
