import fc from 'fast-check';
import { definitionsFor } from '../versions/versions';
import { indexEntries } from './index-entries';

const definitions = definitionsFor('R4');
const baseUrl = 'http://h/fhir';

function found(resource: { resourceType: string }) {
  const { found: items } = indexEntries(definitions, resource, { baseUrl });
  return Object.fromEntries(items.map(({ parameter, entries }) => [parameter.definition.code, entries]));
}

it('lists what is present, with its entries', () => {
  expect(
    found({
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      subject: { reference: 'http://h/fhir/Patient/1/_history/2', display: 'Somebody' },
      effectivePeriod: { start: '2020' },
      performer: [{ display: 'Nobody' }],
      method: { id: 'x', extension: [{ url: 'http://e' }] },
    } as { resourceType: string }),
  ).toEqual({
    _id: [{ kind: 'token', system: undefined, code: 'o', isImplied: false }],
    status: [{ kind: 'token', system: 'http://hl7.org/fhir/observation-status', code: 'final', isImplied: true }],
    subject: [expect.objectContaining({ key: 'Patient/1', versionKey: 'Patient/1/_history/2' })],
    patient: [expect.objectContaining({ key: 'Patient/1' })],
    date: [{ kind: 'date', low: Date.UTC(2020, 0, 1), high: Infinity }],
    performer: [],
  });
});

it('never throws, whatever JSON stands where an element should be', () => {
  const elements = ['Patient', 'Observation', 'Bundle', 'Appointment', 'ValueSet'].map((type) => ({
    type,
    names: [...definitions.type(type)!.elements.keys()],
  }));
  fc.assert(
    fc.property(
      fc
        .constantFrom(...elements)
        .chain(({ type, names }) =>
          fc
            .dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 4 }))
            .map((body) => ({ ...body, resourceType: type })),
        ),
      (resource) => {
        indexEntries(definitions, resource, { baseUrl });
      },
    ),
    { numRuns: 500 },
  );
});
