// The door of the notifications room: what is sent.
export { parkingReason, type BodyLimit } from './body-limit';
export { buildNotification, needsBody, resourceUrl } from './build';
export {
  ATTEMPT_HEADER,
  EVENT_ID_HEADER,
  EVENT_NUMBER_HEADER,
  FOCUS_HEADER,
  INTERACTION_HEADER,
  LABEL_HEADER,
  ORDERING_KEY_HEADER,
  OWN_HEADER_PREFIX,
  REQUEST_ID_HEADER,
  SUBSCRIPTION_HEADER,
  TEST_HEADER,
  VERSION_HEADER,
} from './header-names';
export {
  NotificationError,
  type NotificationTarget,
  type NotifiedDelivery,
  type OutboundNotification,
} from './notification';
