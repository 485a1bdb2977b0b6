// What a notification looks like on the wire, as values.
import fc from 'fast-check';
import {
  buildNotification,
  needsBody,
  NotificationError,
  parkingReason,
  resourceUrl,
  type NotificationTarget,
  type NotifiedDelivery,
} from '.';

const delivery: NotifiedDelivery = {
  eventId: '019aa000-0000-7000-8000-000000000001',
  eventNumber: 17,
  type: 'Patient',
  id: 'p1',
  version: 3,
  interaction: 'update',
  requestId: 'abc',
  keyHash: 12345,
  attempt: 1,
};
const target: NotificationTarget = {
  id: 's1',
  endpoint: 'https://receiver.example.org/fhir',
  headers: [
    ['Authorization', 'Bearer abc123'],
    ['x-api-key', '9876543210'],
  ],
  payload: 'application/fhir+json',
  mode: 'update',
};
const headersOf = (sent: { headers: readonly (readonly [string, string])[] }) =>
  Object.fromEntries(sent.headers.map(([name, value]) => [name.toLowerCase(), value]));

it('S2.1: without payload a POST to the endpoint as it is, without body and Content-Type', () => {
  const sent = buildNotification(delivery, { ...target, payload: undefined });
  expect(sent).toMatchObject({ method: 'POST', url: target.endpoint, isDoneWhenAbsent: false });
  expect(sent.body).toBeUndefined();
  expect(headersOf(sent)).not.toHaveProperty('content-type');
});

it('S2.2: with payload a PUT of the stored bytes below the endpoint, slash or no slash', () => {
  for (const endpoint of [
    'https://r.example.org/fhir',
    'https://r.example.org/fhir/',
    'https://r.example.org/fhir//',
  ]) {
    const sent = buildNotification(delivery, { ...target, endpoint }, '{"resourceType":"Patient","x":1.00}');
    expect(sent).toMatchObject({ method: 'PUT', url: 'https://r.example.org/fhir/Patient/p1' });
    expect(sent.body!.toString()).toBe('{"resourceType":"Patient","x":1.00}');
    expect(headersOf(sent)['content-type']).toBe('application/fhir+json');
  }
});

it('keeps the query of an endpoint behind the path, and drops its fragment', () => {
  expect(resourceUrl('https://r.example.org/fhir/?k=1#top', 'Patient', 'p1')).toBe(
    'https://r.example.org/fhir/Patient/p1?k=1',
  );
});

it('S2.3: headers come first, in the order given', () => {
  const sent = buildNotification(delivery, target, '{}');
  expect(sent.headers.slice(0, 2)).toEqual(target.headers);
});

it('S1.3, S1.22, S1.27: carries the facts of the event', () => {
  const sent = buildNotification({ ...delivery, label: 'merge' }, target, '{}');
  expect(headersOf(sent)).toMatchObject({
    'herald-event-id': delivery.eventId,
    'herald-event-number': '17',
    'herald-subscription': 's1',
    'herald-ordering-key': (12345).toString(36),
    'herald-attempt': '1',
    'herald-interaction': 'update',
    'herald-label': 'merge',
    'herald-version': '3',
    'x-request-id': 'abc',
  });
  expect(headersOf(buildNotification(delivery, target, '{}'))).not.toHaveProperty('herald-label');
});

it('leaves an X-Request-ID of the subscriber alone', () => {
  const sent = buildNotification(delivery, { ...target, headers: [['x-request-id', 'fixed']] }, '{}');
  expect(sent.headers.filter(([name]) => name.toLowerCase() === 'x-request-id')).toEqual([['x-request-id', 'fixed']]);
});

it('webhook mode posts the resource to the endpoint as it is', () => {
  const sent = buildNotification(
    delivery,
    { ...target, mode: 'webhook', endpoint: 'https://r.example.org/hook/' },
    '{}',
  );
  expect(sent).toMatchObject({ method: 'POST', url: 'https://r.example.org/hook/' });
  expect(sent.body!.toString()).toBe('{}');
});

it('S1.5: a delete is a DELETE below the endpoint, done when the resource is absent there', () => {
  const sent = buildNotification({ ...delivery, interaction: 'delete' }, target);
  expect(sent).toMatchObject({
    method: 'DELETE',
    url: 'https://receiver.example.org/fhir/Patient/p1',
    isDoneWhenAbsent: true,
  });
  expect(sent.body).toBeUndefined();
  const hook = buildNotification({ ...delivery, interaction: 'delete' }, { ...target, mode: 'webhook' });
  expect(hook).toMatchObject({ method: 'POST', url: target.endpoint, isDoneWhenAbsent: false });
});

it('needs the stored version only where content is sent', () => {
  expect(needsBody(delivery, target)).toBe(true);
  expect(needsBody(delivery, {})).toBe(false);
  expect(needsBody({ interaction: 'delete' }, target)).toBe(false);
  expect(() => buildNotification(delivery, target)).toThrow(NotificationError);
});

it('S2.6: the URL ends in exactly the id, for ids with all legal characters', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9\-.]{1,64}$/);
  fc.assert(
    fc.property(id, fc.constantFrom('', '/', '/base/', '/a/b?c=d'), (value, suffix) => {
      if (value === '.' || value === '..') {
        expect(() => resourceUrl(`https://r.example.org${suffix}`, 'Patient', value)).toThrow(NotificationError);
        return;
      }
      const { pathname } = new URL(resourceUrl(`https://r.example.org${suffix}`, 'Patient', value));
      expect(pathname.endsWith(`/Patient/${value}`)).toBe(true);
    }),
  );
});

it('I15: repeats carry the same values and bytes but for Herald-Attempt', () => {
  const first = buildNotification(delivery, target, '{"a":1}');
  const again = buildNotification({ ...delivery, attempt: 2 }, target, '{"a":1}');
  const differing = first.headers.filter(([, value], index) => again.headers[index]![1] !== value);
  expect(differing.map(([name]) => name)).toEqual(['Herald-Attempt']);
  expect(again.body!.equals(first.body!)).toBe(true);
});

describe('S2.7: the limit of a body', () => {
  const body = Buffer.from('x'.repeat(11), 'utf8');
  const limited = (beyond: 'park' | 'by-reference', bytes = 10) => ({ bodyLimit: { bytes, beyond } });

  it('park says the size and the limit, of what is beyond it only', () => {
    expect(parkingReason(body, limited('park'))).toBe(
      "not sent: the body has 11 bytes, the Subscription's limit is 10",
    );
    expect(parkingReason(body, limited('park', 11))).toBeUndefined();
    expect(parkingReason(undefined, limited('park'))).toBeUndefined();
    expect(parkingReason(body, {})).toBeUndefined();
    expect(parkingReason(body, limited('by-reference'))).toBeUndefined();
  });

  it('by reference posts no body and no Content-Type, and names the version', () => {
    const hook = { ...target, mode: 'webhook' as const, ...limited('by-reference') };
    const sent = buildNotification(delivery, hook, body);
    expect([sent.method, sent.url, sent.body]).toEqual(['POST', target.endpoint, undefined]);
    expect(headersOf(sent)).not.toHaveProperty('content-type');
    expect(headersOf(sent)['herald-focus']).toBe('Patient/p1/_history/3');
    const small = buildNotification(delivery, hook, body.subarray(1));
    expect(small.body).toHaveLength(10);
    expect(headersOf(small)).not.toHaveProperty('herald-focus');
  });

  it('a PUT is never without its resource', () => {
    const sent = buildNotification(delivery, { ...target, ...limited('by-reference') }, body);
    expect([sent.method, sent.body]).toEqual(['PUT', body]);
  });
});
