// The settings of deliveries: caps, deadlines, retries, and when to give up.
import { choice, duration, integer, number, size } from './kinds';
import { DAY, GB, HOUR, MB, MINUTE, SECOND, setting } from './setting';

export const deliveries = {
  cap: setting(
    'HERALD_DELIVERY_CAP',
    integer(1, 64),
    '8',
    'Concurrent requests of one Subscription (extension `cap`).',
  ),
  ratePerSecond: setting(
    'HERALD_DELIVERY_RATE',
    number(0, 1_000),
    '0',
    'Requests of one Subscription per second, evenly spaced; 0 is no limit (extension `rate`).',
  ),
  bodyLimitBytes: setting(
    'HERALD_BODY_LIMIT',
    size(0, GB),
    '0B',
    'Largest body of a notification; 0B is no limit (extension `body-limit`).',
  ),
  bodyOverLimit: setting(
    'HERALD_BODY_OVER_LIMIT',
    choice('send', 'park'),
    'send',
    'A larger one is sent all the same, or parked as a dead letter (extension `body-over-limit`).',
  ),
  connectTimeoutMs: setting(
    'HERALD_DELIVERY_CONNECT_TIMEOUT',
    duration(50, 5 * MINUTE),
    '5s',
    'Longest wait for name, TCP and TLS together.',
  ),
  deadlineMs: setting(
    'HERALD_DELIVERY_DEADLINE',
    duration(100, 10 * MINUTE),
    '10s',
    'Longest duration of one attempt, everything included (extension `deadline`).',
  ),
  leaseMs: setting(
    'HERALD_DELIVERY_LEASE',
    duration(SECOND, HOUR),
    '30s',
    'How long a worker owns a slice without renewing. At least the deadline plus 15 s.',
  ),
  retryBaseMs: setting(
    'HERALD_RETRY_BASE',
    duration(10, HOUR),
    '1s',
    'Wait after the first failed attempt (extension `retry-delay`).',
  ),
  retryFactor: setting('HERALD_RETRY_FACTOR', number(1, 10), '3', 'Each further wait is this many times longer.'),
  retryMaxMs: setting('HERALD_RETRY_MAX', duration(10, DAY), '1h', 'Longest wait, also for a Retry-After.'),
  retryJitter: setting('HERALD_RETRY_JITTER', number(0, 0.5), '0.2', 'Waits vary by this share, up and down.'),
  retryForMs: setting(
    'HERALD_RETRY_FOR',
    duration(SECOND, 365 * DAY),
    '72h',
    'How long a delivery is tried before it is given up (extension `retry-for`).',
  ),
  poisonAfterAttempts: setting(
    'HERALD_POISON_AFTER_ATTEMPTS',
    integer(1, 1000),
    '5',
    'Attempts before a message its receiver refuses (400, 422 …) is given up; with the next setting, whichever is later.',
  ),
  poisonAfterMs: setting(
    'HERALD_POISON_AFTER',
    duration(0, 30 * DAY),
    '15m',
    'Time since the first failure before such a message is given up.',
  ),
  inFlightMax: setting('HERALD_IN_FLIGHT_MAX', integer(1, 10_000), '512', 'Concurrent requests of this process.'),
  errorAfterMs: setting(
    'HERALD_ERROR_AFTER',
    duration(0, 30 * DAY),
    '2m',
    'Unbroken failure before a Subscription is set to `error`; with the next setting, whichever is later.',
  ),
  errorAfterAttempts: setting(
    'HERALD_ERROR_AFTER_ATTEMPTS',
    integer(1, 1000),
    '5',
    'Failed attempts before a Subscription is set to `error`.',
  ),
  windowRows: setting(
    'HERALD_DELIVERY_WINDOW',
    integer(1, 10_000),
    '200',
    'Deliveries of a slice that its owner reads at a time.',
  ),
  busyRows: setting(
    'HERALD_DELIVERY_BUSY',
    integer(1, 10_000),
    '50',
    'Deliveries of one key in a window that make the key wait in its own queue.',
  ),
  finishBatchMax: setting('HERALD_FINISH_BATCH', integer(1, 10_000), '256', 'Results written in one statement.'),
  finishDelayMs: setting('HERALD_FINISH_DELAY', duration(0, SECOND), '10ms', 'Longest wait for such a batch to fill.'),
  responseBytesMax: setting('HERALD_RESPONSE_MAX', size(1, 64 * MB), '64kB', 'More of an answer is not read.'),
  excerptBytesMax: setting('HERALD_EXCERPT_MAX', size(0, MB), '2kB', 'More of an answer is not kept with the attempt.'),
  sweepIntervalMs: setting(
    'HERALD_DELIVERY_SWEEP',
    duration(50, MINUTE),
    '1s',
    'How often due deliveries are looked for without a hint.',
  ),
  renewIntervalMs: setting(
    'HERALD_DELIVERY_RENEW',
    duration(50, 900),
    '500ms',
    'How often a worker renews its leases and looks whether it may still send.',
  ),
};
