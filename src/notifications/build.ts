// From a delivery to the request that announces it: rest-hook of the criteria family.
// http://hl7.org/fhir/R4/subscription.html: without payload a POST without content; with payload an update, the endpoint being the service base.
import { isByReference } from './body-limit';
import {
  ATTEMPT_HEADER,
  EVENT_ID_HEADER,
  EVENT_NUMBER_HEADER,
  FOCUS_HEADER,
  INTERACTION_HEADER,
  LABEL_HEADER,
  ORDERING_KEY_HEADER,
  REQUEST_ID_HEADER,
  SUBSCRIPTION_HEADER,
  VERSION_HEADER,
} from './header-names';
import { NOTIFICATION_URL_LENGTH_MAX } from './limits';
import {
  NotificationError,
  type NotificationTarget,
  type NotifiedDelivery,
  type OutboundNotification,
} from './notification';

/** A request id that no header can carry is left out: the notification matters more. */
const SENDABLE = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** True when the notification carries the resource, so that its stored version must be read first. */
export function needsBody(
  delivery: Pick<NotifiedDelivery, 'interaction'>,
  target: Pick<NotificationTarget, 'payload'>,
): boolean {
  return target.payload !== undefined && delivery.interaction !== 'delete';
}

/**
 * In: the delivery, its Subscription, and the bytes of the stored version when `needsBody`. Out: the request; the same input gives the same bytes.
 * Throws NotificationError when the version is missing or its URL cannot be made.
 */
export function buildNotification(
  delivery: NotifiedDelivery,
  target: NotificationTarget,
  body?: Buffer | string | null,
): OutboundNotification {
  const isDelete = delivery.interaction === 'delete';
  const isRestful = target.mode === 'update' && (isDelete || target.payload !== undefined);
  const full = needsBody(delivery, target) ? contentOf(delivery, body) : undefined;
  // Never of a PUT: it would have neither the resource nor a meaning. Such a Subscription is refused when it is saved.
  const isReference = !isRestful && isByReference(full, target);
  const content = isReference ? undefined : full;
  const headers = headersOf(delivery, target, content !== undefined);
  if (isReference) headers.push([FOCUS_HEADER, `${delivery.type}/${delivery.id}/_history/${delivery.version}`]);
  return {
    method: isRestful ? (isDelete ? 'DELETE' : 'PUT') : 'POST',
    url: isRestful ? resourceUrl(target.endpoint, delivery.type, delivery.id) : withoutFragment(target.endpoint),
    headers,
    body: content,
    isDoneWhenAbsent: isRestful && isDelete,
  };
}

/** `{endpoint without trailing slash}/{type}/{id}`; a query of the endpoint stays behind the path. */
export function resourceUrl(endpoint: string, type: string, id: string): string {
  // "." and ".." are legal ids, but every URL parser takes them for steps up the path.
  if (id === '.' || id === '..') throw new NotificationError(`The id "${id}" cannot be part of a URL`);
  const address = withoutFragment(endpoint);
  const queryAt = address.indexOf('?');
  const path = (queryAt < 0 ? address : address.slice(0, queryAt)).replace(/\/+$/, '');
  const url = `${path}/${type}/${id}${queryAt < 0 ? '' : address.slice(queryAt)}`;
  if (url.length > NOTIFICATION_URL_LENGTH_MAX) {
    throw new NotificationError(
      `The URL would have ${url.length} characters, ${NOTIFICATION_URL_LENGTH_MAX} are allowed`,
    );
  }
  return url;
}

function withoutFragment(url: string): string {
  const at = url.indexOf('#');
  return at < 0 ? url : url.slice(0, at);
}

function contentOf(delivery: NotifiedDelivery, body: Buffer | string | null | undefined): Buffer {
  if (body === undefined || body === null) {
    throw new NotificationError(`Version ${delivery.version} of ${delivery.type}/${delivery.id} is not in the store`);
  }
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}

function headersOf(
  delivery: NotifiedDelivery,
  target: NotificationTarget,
  hasContent: boolean,
): (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = [...target.headers];
  if (hasContent) headers.push(['Content-Type', target.payload!]);
  headers.push(
    [EVENT_ID_HEADER, delivery.eventId],
    [EVENT_NUMBER_HEADER, String(delivery.eventNumber)],
    [SUBSCRIPTION_HEADER, target.id],
    [ORDERING_KEY_HEADER, delivery.keyHash.toString(36)],
    [ATTEMPT_HEADER, String(delivery.attempt)],
    [INTERACTION_HEADER, delivery.interaction],
    [VERSION_HEADER, String(delivery.version)],
  );
  if (delivery.label !== undefined) headers.push([LABEL_HEADER, delivery.label]);
  // A subscriber that asked for a fixed X-Request-ID gets exactly that one.
  const isTaken = target.headers.some(([name]) => name.toLowerCase() === REQUEST_ID_HEADER.toLowerCase());
  if (!isTaken && SENDABLE.test(delivery.requestId)) headers.push([REQUEST_ID_HEADER, delivery.requestId]);
  return headers;
}
