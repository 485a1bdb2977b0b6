import { orderingRoot, patientOf } from './compartment';
import { definitionsFor } from './versions/versions';

const definitions = definitionsFor('R4');
const own = { baseUrl: 'http://h/fhir/' };

function observation(subject: object, more: object = {}) {
  return { resourceType: 'Observation', id: 'o1', subject, ...more };
}

it('takes a Patient for its own, also when it is merged into another', () => {
  const patient = {
    resourceType: 'Patient',
    id: 'b',
    link: [{ type: 'replaced-by', other: { reference: 'Patient/a' } }],
  };
  expect(orderingRoot(definitions, patient)).toBe('Patient/b');
});

it.each([
  ['a relative reference', { reference: 'Patient/p1' }, 'Patient/p1'],
  ['a version', { reference: 'Patient/p1/_history/3' }, 'Patient/p1'],
  ['our own base', { reference: 'http://h/fhir/Patient/p1' }, 'Patient/p1'],
  ['another base', { reference: 'http://other/fhir/Patient/p1' }, undefined],
  ['a group', { reference: 'Group/g1' }, undefined],
  ['an identifier', { identifier: { value: '1' } }, undefined],
  ['a contained patient', { reference: '#p' }, undefined],
  ['nothing', {}, undefined],
])('reads %s', (_, subject, patient) => {
  const resource = observation(subject, { contained: [{ resourceType: 'Patient', id: 'p' }] });
  expect(patientOf(definitions, resource, own)).toBe(patient);
  expect(orderingRoot(definitions, resource, own)).toBe(patient ?? 'Observation/o1');
});

it('takes the smallest of several patients, over all parameters of the compartment', () => {
  const appointment = {
    resourceType: 'Appointment',
    id: 'a',
    participant: ['Patient/p2', 'Practitioner/a', 'Patient/p10', 'Patient/p3'].map((reference) => ({
      actor: { reference },
    })),
  };
  expect(patientOf(definitions, appointment)).toBe('Patient/p10');
  const byPerformer = observation({ reference: 'Patient/p2' }, { performer: [{ reference: 'Patient/p1' }] });
  expect(patientOf(definitions, byPerformer)).toBe('Patient/p1');
});

it('falls back to the resource itself outside the compartment', () => {
  expect(orderingRoot(definitions, { resourceType: 'Organization', id: 'x' })).toBe('Organization/x');
});
