// Ordering keys and slices.
import { keyHashesOf, slicesFor } from './ordering';

const of = (id: string, root: string, type = 'Observation') =>
  keyHashesOf({ eventId: `e-${id}-${root}`, type, id, root });

it('focus is the resource, patient its root, none the event itself', () => {
  expect(of('o1', 'Patient/p1').focus).toBe(of('o1', 'Patient/p2').focus);
  expect(of('o1', 'Patient/p1').patient).toBe(of('o2', 'Patient/p1').patient);
  expect(of('o1', 'Patient/p1').patient).not.toBe(of('o1', 'Patient/p2').patient);
  expect(of('o1', 'Patient/p1').none).not.toBe(of('o2', 'Patient/p1').none);
});

it('the patient key of a Patient, and of what has none, is its focus key', () => {
  const patient = of('p1', 'Patient/p1', 'Patient');
  expect(patient.patient).toBe(patient.focus);
  expect(of('o1', 'Patient/p1').patient).toBe(patient.focus);
  expect(of('x', 'Observation/x').patient).toBe(of('x', 'Observation/x').focus);
});

it('hashes are non-negative safe integers', () => {
  for (const hash of Object.values(of('o1', 'Patient/p1'))) expect(Number.isSafeInteger(hash) && hash >= 0).toBe(true);
});

it.each([
  ['focus', 8, 4],
  ['focus', 2, 2],
  ['focus', 1, 1],
  ['patient', 64, 4],
  ['subscription', 8, 1],
])('%s with cap %i has %i slices', (key, cap, slices) => {
  expect(slicesFor(key, cap, 4)).toBe(slices);
});
