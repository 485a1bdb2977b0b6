// What a resource becomes before it is written.
import { definitionsFor, joinBody, parseResource } from '../fhir';
import { hash53 } from '../platform';
import { draftOf, isMerge, replacedBy } from './draft';

const draft = (value: object, id = 'x1') =>
  draftOf(definitionsFor('R4'), { baseUrl: 'http://here/fhir' }, parseResource(JSON.stringify(value)), id);

it('knows the bytes of the body it will become, whatever the version', () => {
  const { body, bytes } = draft({ resourceType: 'Patient', name: [{ family: 'Żółć 😀' }] });
  for (const version of [1, 10, 123_456]) {
    const stored = joinBody(body, version, new Date('2026-03-01T10:00:00.000Z'));
    expect(bytes + String(version).length).toBe(Buffer.byteLength(stored));
  }
});

it('takes the patient as root, by relative and own absolute reference, else the resource itself', () => {
  const observed = (reference: string) => draft({ resourceType: 'Observation', subject: { reference } });
  expect(observed('Patient/p').root).toBe('Patient/p');
  expect(observed('http://here/fhir/Patient/p').rootHash).toBe(hash53('Patient/p'));
  expect(observed('Device/d').root).toBe('Observation/x1');
  expect(
    draft({
      resourceType: 'Patient',
      id: 'another',
      link: [{ type: 'replaced-by', other: { reference: 'Patient/z' } }],
    }).root,
  ).toBe('Patient/x1');
});

it('sees merges: a target that the version before did not name', () => {
  const link = (reference: string) => ({ type: 'replaced-by', other: { reference } });
  expect(
    replacedBy({ resourceType: 'Patient', link: [{ type: 'refer', other: { reference: 'Patient/1' } }] }),
  ).toBeNull();
  expect(
    replacedBy({ resourceType: 'Patient', link: [link('Patient/2'), link('Patient/1'), link('Patient/2')] }),
  ).toEqual(['Patient/1', 'Patient/2']);
  expect(
    replacedBy({ resourceType: 'Patient', link: [{ type: 'replaced-by', other: { display: 'Somebody' } }] }),
  ).toHaveLength(1);
  expect([
    isMerge(null, null),
    isMerge(null, ['a']),
    isMerge(['a'], ['a']),
    isMerge(['a'], ['a', 'b']),
    isMerge(['a'], null),
  ]).toEqual([false, true, false, true, false]);
});
