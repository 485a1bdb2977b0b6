import { newEvent } from '../../../test/support/events';
import { hash53 } from '../../platform';
import { VALUE_BYTES_MAX } from '../limits';
import { DATA_SCHEMA, recordOf, rootHashOfKey } from './event-record';

it('is a CloudEvent in binary mode whose headers name no resource', () => {
  const event = newEvent({
    type: 'Observation',
    id: 'o1',
    root: 'Patient/p1',
    version: 3,
    interaction: 'update',
    label: 'merge',
  });
  const { key, headers, value } = recordOf(event);
  expect(key).toBe('default/Patient/p1');
  expect(headers).toEqual({
    ce_specversion: '1.0',
    ce_id: event.eventId,
    ce_source: 'urn:herald:default',
    ce_type: 'herald.resource.updated',
    ce_time: '2026-03-01T10:00:00.000Z',
    ce_dataschema: DATA_SCHEMA,
    ce_resourcetype: 'Observation',
    'content-type': 'application/json',
  });
  expect(JSON.parse(value)).toEqual({
    eventId: event.eventId,
    tenant: 'default',
    type: 'Observation',
    id: 'o1',
    version: 3,
    interaction: 'update',
    previousVersion: 2,
    label: 'merge',
    time: '2026-03-01T10:00:00.000Z',
    requestId: 'req-1',
    reference: 'Observation/o1/_history/3',
  });
  expect(recordOf(newEvent()).value).not.toContain('previousVersion');
});

it('carries the resource with its digits, and refers to one that does not fit', () => {
  const body = '{"resourceType":"Patient","id":"p","extension":[{"valueDecimal":1.50}]}';
  expect(recordOf(newEvent(), body).value).toContain(`"resource":${body}}`);
  const large = JSON.stringify({ resourceType: 'Patient', id: 'p', text: 'ä'.repeat(VALUE_BYTES_MAX / 2) });
  const { value } = recordOf(newEvent(), large);
  expect(JSON.parse(value)).toMatchObject({ resourceOmitted: 'too-large', reference: 'Patient/p/_history/1' });
  expect(value).not.toContain('"resource":');
});

it('finds the root again in the key, and nothing in a key that is none of ours', () => {
  expect(rootHashOfKey(Buffer.from(recordOf(newEvent({ id: 'x' })).key))).toBe(hash53('Patient/x'));
  for (const key of [null, undefined, '', 'x', 'default/', '/Patient/x', 'default/Patient/', 'default/x']) {
    expect(rootHashOfKey(key)).toBeUndefined();
  }
});
