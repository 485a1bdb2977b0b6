// The headers Herald adds to every notification: public names that outlive us. Repeats carry the same values but for `Herald-Attempt`.

export const EVENT_ID_HEADER = 'Herald-Event-Id';
export const EVENT_NUMBER_HEADER = 'Herald-Event-Number';
export const SUBSCRIPTION_HEADER = 'Herald-Subscription';
export const ORDERING_KEY_HEADER = 'Herald-Ordering-Key';
export const ATTEMPT_HEADER = 'Herald-Attempt';
export const INTERACTION_HEADER = 'Herald-Interaction';
export const LABEL_HEADER = 'Herald-Label';
export const VERSION_HEADER = 'Herald-Version';
/** `Type/id/_history/version`: only where the version's body was beyond the Subscription's limit and is sent by reference. */
export const FOCUS_HEADER = 'Herald-Focus';
/** Only on test notifications: no event stands behind them. */
export const TEST_HEADER = 'Herald-Test';
export const REQUEST_ID_HEADER = 'X-Request-ID';

/** A `channel.header` that begins like this is refused: it would pass for one of ours. */
export const OWN_HEADER_PREFIX = 'herald-';
