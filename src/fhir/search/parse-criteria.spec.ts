import fc from 'fast-check';
import { definitionsFor } from '../versions/versions';
import { FhirError } from '../outcome/outcome';
import { canonicalQuery } from './canonical-query';
import { matchesQuery } from './matches-query';
import { parseCriteria } from './parse-criteria';

const definitions = definitionsFor('R4');
const context = { baseUrl: 'http://h/fhir/' };
const canonical = (criteria: string): string => canonicalQuery(parseCriteria(definitions, criteria, context));

function refusal(criteria: string): FhirError {
  try {
    parseCriteria(definitions, criteria, context);
  } catch (error) {
    // Expected: the refusal under test.
    if (error instanceof FhirError) return error;
    throw error;
  }
  throw new Error(`${criteria} was accepted`);
}

describe('what is accepted', () => {
  it.each([
    ['Patient', 'Patient'],
    ['/Patient', 'Patient'],
    ['Patient?', 'Patient'],
    [' Patient?active=true ', 'Patient?active=true'],
    ['Observation?code=http://loinc.org|1-2', 'Observation?code=http://loinc.org|1-2'],
    ['Observation?code=http%3A%2F%2Floinc.org%7C1-2', 'Observation?code=http://loinc.org|1-2'],
    ['Observation?code=b,a,b', 'Observation?code=a,b'],
    ['Observation?status=final&code=a&status=final', 'Observation?code=a&status=final'],
    ['Observation?patient=p1', 'Observation?patient=Patient/p1'],
    ['Observation?patient=Patient/p1', 'Observation?patient=Patient/p1'],
    ['Observation?patient=http://h/fhir/Patient/p1', 'Observation?patient=Patient/p1'],
    ['Observation?subject:Patient=p1', 'Observation?subject=Patient/p1'],
    ['Patient?name=Anna+María', 'Patient?name=anna%20maria'],
    ['Patient?name=Anna%20Mar%C3%ADa', 'Patient?name=anna%20maria'],
    ['Patient?name:exact=A%2BB', 'Patient?name:exact=A%2BB'],
    ['Patient?name=50%2525', 'Patient?name=50%2525'],
    ['Patient?birthdate=eq2000-01-01', 'Patient?birthdate=2000-01-01'],
    ['Observation?date=ge2000-01-01T10:00:00%2B02:00', 'Observation?date=ge2000-01-01T08:00:00Z'],
    ['Observation?date=gt2000', 'Observation?date=gt2000-12-31T23:59:59.999Z'],
    ['Observation?date=gt2000-12-31', 'Observation?date=gt2000-12-31T23:59:59.999Z'],
    ['Patient?gender:missing=true', 'Patient?gender:missing=true'],
  ])('%s is %s', (criteria, text) => expect(canonical(criteria)).toBe(text));

  it('decodes once', () => {
    const query = parseCriteria(definitions, 'Patient?identifier=50%2525', context);
    const patient = (value: string) => ({ resourceType: 'Patient', id: 'x', identifier: [{ value }] });
    expect(matchesQuery(definitions, query, patient('50%25'))).toBe(true);
    expect(matchesQuery(definitions, query, patient('50%'))).toBe(false);
  });
});

describe('what is refused, with 422 on Subscription.criteria', () => {
  it.each([
    ['Patent?name=x', /"Patent" is none.*"Patient"/],
    ['', /begin with a resource type/],
    ['?name=x', /begin with a resource type/],
    ['http://h/fhir/Patient?name=x', /begin with a resource type/],
    ['Parameters', /begin with a resource type/],
    ['Patient?nam=x', /"nam".*"name"/],
    ['Patient?name=', /no value/],
    ['Patient?name', /no value/],
    ['Patient?name=%zz', /percent-encoded/],
    ['Patient?_count=1', /"_count" shapes/],
    ['Patient?_sort=_lastUpdated', /"_sort" shapes/],
    ['Patient?_format=json', /"_format" shapes/],
    ['Patient?_summary=true', /"_summary" shapes/],
    ['Patient?_elements=id', /"_elements" shapes/],
    ['Patient?_total=none', /"_total" shapes/],
    ['Patient?_include=Patient:organization', /"_include" shapes/],
    ['Patient?_revinclude:iterate=Observation:patient', /"_revinclude:iterate" shapes/],
    ['Observation?patient.nam=x', /search parameter "nam".*nearest name is "name"/],
    ['Observation?patient._has:Observation:patient:code=1', /"_has" cannot be used.*other resource type/],
    ['Observation?patient._list=1', /"_list" cannot be used/],
    ['Patient?_has:Observation:patient:code=1', /"_has"/],
    ['Patient?_list=1', /"_list"/],
    ['Observation?date=ap2020', /ap/],
    ['Observation?value-quantity=gtfive', /not a quantity/],
    ['Location?near=1|2', /"near"/],
    ['Observation?code:in=http://vs', /:in/],
    ['Observation?status:text=x', /:text/],
    ['Patient?phonetic=x', /"phonetic"/],
    ['Patient?' + 'a'.repeat(140_000), /at most 131072 characters/],
  ])('%s', (criteria, says) => {
    const { status, issues } = refusal(criteria);
    expect(status).toBe(422);
    expect(issues.map((issue) => issue.text).join('\n')).toMatch(says);
    expect(issues.every((issue) => issue.expression === 'Subscription.criteria')).toBe(true);
  });

  it('all at once', () => {
    expect(refusal('Patient?nam=x&_count=1&birthdate=soon').issues).toHaveLength(3);
  });
});

it('gives every query one text, whatever the order it was written in', () => {
  const filters = [
    'code=a,b',
    'status=final',
    'patient=p1',
    'date=ge2020',
    'date=lt2021',
    'category:not=x',
    'method:missing=true',
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(filters, { minLength: 1 }), (some) => {
      const text = canonical(`Observation?${some.join('&')}`);
      expect(text).toBe(canonical(`/Observation?${[...some].sort().join('&')}`));
      expect(canonical(text)).toBe(text);
    }),
  );
});

it('never throws anything but a refusal, whatever is written', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.constantFrom('name', 'identifier', 'birthdate', 'x:y'),
      (text, name) => {
        for (const criteria of [
          text,
          `Patient?${text}`,
          `Patient?${name}=${text}`,
          `Patient?${name}=${encodeURIComponent(text)}`,
        ]) {
          try {
            const once = canonical(criteria);
            expect(canonical(once)).toBe(once);
          } catch (error) {
            // Expected: most of this is refused.
            if (!(error instanceof FhirError)) throw error;
            expect(error.status).toBe(422);
          }
        }
      },
    ),
  );
});
