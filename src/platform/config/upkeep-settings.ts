// The settings of upkeep: how long what is over is kept, how often the ledger is audited, and where writes are slowed down before anything grows.
import { duration, integer, size } from './kinds';
import { DAY, HOUR, MB, SECOND, setting } from './setting';

const LONGEST = 3650 * DAY;

export const upkeep = {
  keepEventsMs: setting(
    'HERALD_RETENTION_OUTBOX',
    duration(HOUR, LONGEST),
    '7d',
    'How long matched events are kept; whole days, and never a day with an event that is not matched.',
  ),
  keepAttemptsMs: setting(
    'HERALD_RETENTION_ATTEMPTS',
    duration(HOUR, LONGEST),
    '30d',
    'How long attempts are kept, with what the receivers answered; whole days.',
  ),
  keepDeliveriesMs: setting(
    'HERALD_RETENTION_DELIVERIES',
    duration(HOUR, LONGEST),
    '30d',
    'How long deliveries are kept after their end (delivered, dead letter, cancelled). What waits is never removed.',
  ),
  keepSubscriptionsMs: setting(
    'HERALD_RETENTION_SUBSCRIPTIONS',
    duration(HOUR, LONGEST),
    '30d',
    'How long the ledger remembers a deleted Subscription, and the changes of a living one. Versions of the resource itself stay.',
  ),
  retentionIntervalMs: setting(
    'HERALD_RETENTION_INTERVAL',
    duration(SECOND, DAY),
    '1h',
    'How often one of the processes removes what is older.',
  ),
  auditIntervalMs: setting(
    'HERALD_AUDIT_INTERVAL',
    duration(SECOND, HOUR),
    '1m',
    'How often one of the processes looks for what must never be seen, and mends it.',
  ),
};

export const backpressure = {
  unmatchedMax: setting(
    'HERALD_UNMATCHED_MAX',
    integer(1, 1_000_000_000),
    '100000',
    'More events than this not yet matched: writes are answered 429 until it is less.',
  ),
  waitingMax: setting(
    'HERALD_WAITING_MAX',
    integer(1, 1_000_000_000),
    '10000000',
    'More deliveries than this waiting, of all Subscriptions together: writes are answered 429 until it is less.',
  ),
  writesMax: setting(
    'HERALD_WRITES_MAX',
    integer(1, 10_000),
    '256',
    'Writes that this process works on at a time; further ones wait, with their bodies unread.',
  ),
  writesQueueMax: setting(
    'HERALD_WRITES_QUEUE',
    integer(0, 100_000),
    '4096',
    'Writes that may wait so; more are answered 429, and so is one that has waited for 10 s.',
  ),
  writeBytesMax: setting(
    'HERALD_WRITES_BYTES',
    size(MB, 64 * 1024 * MB),
    '256MB',
    'Bodies of all writes that this process works on at a time. A body of unknown length counts as the largest.',
  ),
};
