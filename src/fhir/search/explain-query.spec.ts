// An explanation says the same as the matcher, and shows both sides of every clause.
import fc from 'fast-check';
import { definitionsFor } from '../versions/versions';
import { explainQuery } from './explain-query';
import { explainLimits } from './limits';
import { matchesQuery } from './matches-query';
import { parseCriteria } from './parse-criteria';

const definitions = definitionsFor('R4');
const baseUrl = 'http://here/fhir';
const explain = (criteria: string, resource: object) =>
  explainQuery(definitions, parseCriteria(definitions, criteria, { baseUrl }), resource as never);

const potassium = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '2823-3' }, { code: 'K' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-01T10:00:00Z',
};

it('says clause by clause what was asked for, what is there, and whether that is it', () => {
  const { isMatch, clauses } = explain('Observation?code=http://loinc.org|2823-3,4711&status:not=final', potassium);
  expect(isMatch).toBe(false);
  expect(clauses).toMatchObject([
    {
      criterion: 'code=4711,http://loinc.org|2823-3',
      isSatisfied: true,
      wanted: ['http://loinc.org|2823-3', '4711'],
      found: ['http://loinc.org|2823-3', 'K'],
      foundCount: 2,
    },
    {
      criterion: 'status:not=final',
      isSatisfied: false,
      wanted: ['final'],
      found: ['http://hl7.org/fhir/observation-status|final (system implied by the element)'],
    },
  ]);
  expect(clauses[1]!.sentence).toMatch(/^Not satisfied: status:not asks for final; the resource holds .*final/);
});

it.each([
  ['Observation?patient=p1', 'Patient/p1'],
  ['Observation?date=ge2026-03-01', '[2026-03-01T10:00:00.000Z, 2026-03-01T10:00:01.000Z)'],
  ['Observation?encounter=e1', undefined],
])('%s finds %s', (criteria, found) => {
  expect(explain(criteria, potassium).clauses[0]!.found[0]).toBe(found);
});

it('tells another type apart from a clause that is not satisfied', () => {
  expect(explain('Patient?active=true', potassium)).toEqual({ isMatch: false, isOfType: false, clauses: [] });
  expect(explain('Observation', potassium)).toEqual({ isMatch: true, isOfType: true, clauses: [] });
});

it('tells an element that is absent from one that holds nothing to search by', () => {
  const name = (resource: object) => explain('Patient?name=x', { resourceType: 'Patient', ...resource }).clauses[0]!;
  expect(name({}).sentence).toMatch(/holds nothing there/);
  expect(name({ name: [{ use: 'official' }] }).sentence).toMatch(/the element, but nothing in it/);
});

it('stays short, whatever the resource holds', () => {
  const coding = Array.from({ length: 500 }, (_, at) => ({ code: `${at}`.padEnd(1000, 'x') }));
  const [clause] = explain('Observation?code=1', { ...potassium, code: { coding } }).clauses;
  expect(clause).toMatchObject({ foundCount: 500 });
  expect(clause!.found).toHaveLength(explainLimits.shownMax);
  expect(clause!.sentence.length).toBeLessThan((explainLimits.shownMax + 1) * (explainLimits.charactersMax + 20));
});

it('an explanation and the matcher never disagree', () => {
  const clause = fc.constantFrom('code=K', 'code:not=K', 'status=final', 'status=draft', 'date=lt2026', 'patient=p1');
  const resource = fc.record({
    status: fc.constantFrom('final', 'draft'),
    code: fc.constantFrom({}, { coding: [{ code: 'K' }] }, { coding: [{ code: 'Na' }] }),
    subject: fc.constantFrom(undefined, { reference: 'Patient/p1' }, { reference: 'Patient/p2' }),
    effectiveDateTime: fc.constantFrom(undefined, '2025-01-01', '2026'),
  });
  fc.assert(
    fc.property(fc.uniqueArray(clause, { minLength: 1, maxLength: 4 }), resource, (clauses, fields) => {
      const value = { resourceType: 'Observation', ...fields } as never;
      const query = parseCriteria(definitions, `Observation?${clauses.join('&')}`, { baseUrl });
      const explanation = explainQuery(definitions, query, value);
      expect(explanation.isMatch).toBe(matchesQuery(definitions, query, value));
    }),
  );
});
