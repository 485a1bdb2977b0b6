// Composites: http://hl7.org/fhir/R4/search.html#combining. Every part is asked of the same element.
import type { TruthTable } from './truth-table';

const UCUM = 'http://unitsofmeasure.org';
const LOINC = 'http://loinc.org';
const long = 'y'.repeat(600);

function coded(code: string, value: object): object {
  return { code: { coding: [{ system: LOINC, code }, { code: `own-${code}` }] }, ...value };
}

const mmHg = (value: number): object => ({ valueQuantity: { value, unit: 'mmHg', system: UCUM, code: 'mm[Hg]' } });

export const compositeTable: TruthTable = {
  groups: [
    {
      why: 'a blood pressure: parts of the same component',
      resource: {
        resourceType: 'Observation',
        ...coded('85354-9', {}),
        component: [coded('8480-6', mmHg(150)), coded('8462-4', mmHg(80)), coded('empty', {})],
      },
      cases: [
        ['component-code-value-quantity=8480-6$150', true],
        [`component-code-value-quantity=${LOINC}|8480-6$gt140`, true],
        [`component-code-value-quantity=${LOINC}|8480-6$gt140|${UCUM}|mm[Hg]`, true],
        [`component-code-value-quantity=8480-6$gt14|${UCUM}|cm[Hg]`, true],
        ['component-code-value-quantity=own-8480-6$gt140||mmHg', true],
        ['component-code-value-quantity=|own-8480-6$gt140', true],
        [`component-code-value-quantity=${LOINC}|$gt140`, true],
        ['component-code-value-quantity=8462-4$gt140', false],
        ['component-code-value-quantity=8462-4$lt90', true],
        ['component-code-value-quantity=8480-6$lt90', false],
        ['component-code-value-quantity=8480-6$gt140||kPa', false],
        [`component-code-value-quantity=http://other|8480-6$gt140`, false],
        ['component-code-value-quantity=8462-4$gt140,8480-6$gt140', true],
        ['component-code-value-quantity=8462-4$gt140,8480-6$lt140', false],
        ['component-code-value-quantity=8462-4$lt90&component-code-value-quantity=8480-6$gt140', true],
        ['component-code-value-quantity=empty$gt0', false],
        ['component-code-value-quantity=85354-9$gt0', false],
        ['combo-code-value-quantity=8480-6$gt140', true],
        ['combo-code-value-quantity=8462-4$gt140', false],
        ['code-value-quantity=8480-6$gt140', false],
        ['code-value-quantity=85354-9$gt140', false],
        ['component-code-value-quantity:missing=false', true],
        ['code-value-quantity:missing=true', true],
      ],
    },
    {
      why: 'an observation with a quantity',
      resource: { resourceType: 'Observation', ...coded('2823-3', { valueQuantity: { value: 5.4, unit: 'mmol/L' } }) },
      cases: [
        ['code-value-quantity=2823-3$gt5', true],
        ['code-value-quantity=2823-3$5.4||mmol/L', true],
        ['code-value-quantity=2823-3$gt6', false],
        ['code-value-quantity=1$gt5', false],
        ['code-value-quantity=1$gt5,own-2823-3$lt6', true],
        ['combo-code-value-quantity=2823-3$gt5', true],
        ['combo-code-value-quantity=2823-3$gt6', false],
        ['component-code-value-quantity:missing=true', true],
        ['code-value-quantity:missing=false', true],
        ['code-value-concept:missing=true', true],
      ],
    },
    {
      why: 'codes, strings and dates as values',
      resource: {
        resourceType: 'Observation',
        ...coded('a', { valueCodeableConcept: { coding: [{ system: 'http://s', code: 'pos' }] } }),
        component: [coded('b', { valueCodeableConcept: { coding: [{ system: 'http://s', code: 'neg' }] } })],
      },
      cases: [
        ['code-value-concept=a$pos', true],
        [`code-value-concept=${LOINC}|a$http://s|pos`, true],
        ['code-value-concept=a$neg', false],
        ['component-code-value-concept=b$neg', true],
        [`component-code-value-concept=${LOINC}|b$http://s|`, true],
        ['component-code-value-concept=a$neg', false],
        ['component-code-value-concept=b$|neg', false],
        ['combo-code-value-concept=a$pos', true],
        ['combo-code-value-concept=b$neg', true],
        ['combo-code-value-concept=a$neg', false],
        ['combo-code-value-concept=b$pos,b$neg', true],
      ],
    },
    {
      why: 'a string',
      resource: { resourceType: 'Observation', ...coded('a', { valueString: 'Émile $5' }) },
      cases: [
        ['code-value-string=a$emile', true],
        ['code-value-string=a$emile \\$5', true],
        ['code-value-string=a$mile', false],
        ['code-value-string=b$emile', false],
      ],
    },
    {
      why: 'a date',
      resource: { resourceType: 'Observation', ...coded('a', { valueDateTime: '2020-05-05' }) },
      cases: [
        ['code-value-date=a$2020', true],
        ['code-value-date=a$gt2020', false],
        ['code-value-date=b$2020', false],
      ],
    },
    {
      why: 'contexts of use',
      resource: {
        resourceType: 'ValueSet',
        useContext: [
          { code: { system: 'http://u', code: 'age' }, valueRange: { low: { value: 5, unit: 'a' } } },
          { code: { system: 'http://u', code: 'focus' }, valueCodeableConcept: { coding: [{ code: 'x$y' }] } },
          { code: { code: 'weight' }, valueQuantity: { value: 70 } },
        ],
      },
      cases: [
        ['context-type-quantity=age$gt90', true],
        ['context-type-quantity=age$lt5', false],
        ['context-type-quantity=weight$70', true],
        ['context-type-quantity=weight$gt90', false],
        ['context-type-quantity=focus$gt0', false],
        ['context-type-value=focus$x\\$y', true],
        ['context-type-value=http://u|focus$x\\$y', true],
        ['context-type-value=age$x\\$y', false],
      ],
    },
    {
      why: 'characteristics of a group',
      resource: {
        resourceType: 'Group',
        characteristic: [
          { code: { coding: [{ code: 'gender' }] }, valueCodeableConcept: { coding: [{ code: 'male' }] } },
          { code: { coding: [{ code: 'smoker' }] }, valueBoolean: false },
          { code: { coding: [{ code: 'age' }] }, valueQuantity: { value: 5 } },
        ],
      },
      cases: [
        ['characteristic-value=gender$male', true],
        ['characteristic-value=smoker$false', true],
        ['characteristic-value=smoker$male', false],
        ['characteristic-value=age$5', false],
        ['characteristic-value=gender$false,gender$male', true],
      ],
    },
    {
      why: 'three parts, two of them numbers',
      resource: {
        resourceType: 'MolecularSequence',
        referenceSeq: {
          chromosome: { coding: [{ code: '7' }] },
          referenceSeqId: { coding: [{ code: 'NC' }] },
          windowStart: 10,
          windowEnd: 99,
        },
        variant: [
          { start: 10, end: 20 },
          { start: 50, end: 60 },
        ],
      },
      cases: [
        ['chromosome-variant-coordinate=7$10$20', true],
        ['chromosome-variant-coordinate=7$10$60', false],
        ['chromosome-variant-coordinate=7$gt40$lt70', true],
        ['chromosome-variant-coordinate=7$lt40$gt40', false],
        ['chromosome-variant-coordinate=8$10$20', false],
        ['chromosome-variant-coordinate=8$10$20,7$50$60', true],
        ['referenceseqid-variant-coordinate=NC$10$20', true],
        ['chromosome-window-coordinate=7$10$99', true],
        ['chromosome-window-coordinate=7$10$98', false],
        ['referenceseqid-window-coordinate=NC$ge10$le99', true],
      ],
    },
    {
      why: 'a code and a reference',
      resource: {
        resourceType: 'DocumentReference',
        relatesTo: [
          { code: 'replaces', target: { reference: 'DocumentReference/1' } },
          { code: 'appends', target: { reference: 'http://herald.test/fhir/DocumentReference/2/_history/3' } },
        ],
      },
      cases: [
        ['relationship=replaces$DocumentReference/1', true],
        ['relationship=replaces$1', true],
        ['relationship=appends$DocumentReference/2', true],
        ['relationship=appends$DocumentReference/2/_history/3', true],
        ['relationship=appends$DocumentReference/1', false],
        ['relationship=http://hl7.org/fhir/document-relationship-type|replaces$1', true],
      ],
    },
    {
      why: 'long codes and endless ranges',
      resource: {
        resourceType: 'Observation',
        component: [
          { code: { coding: [{ code: long }] }, valueQuantity: { value: 5, comparator: '>=' } },
          { code: { coding: [{ code: 'short' }] }, valueQuantity: { value: -5, comparator: '<' } },
        ],
      },
      cases: [
        [`component-code-value-quantity=${long}$gt900`, true],
        [`component-code-value-quantity=${long}z$gt900`, false],
        [`component-code-value-quantity=${long}$lt5`, false],
        ['component-code-value-quantity=short$lt-900', true],
      ],
    },
  ],
  refusals: [
    {
      query: 'Observation?code-value-quantity=5',
      says: /"5" does not have the parts of code-value-quantity. Write code\$value-quantity, each with a value/,
    },
    { query: 'Observation?code-value-quantity=a$', says: /does not have the parts/ },
    { query: 'Observation?code-value-quantity=a$5$6', says: /does not have the parts/ },
    { query: 'Observation?code-value-quantity=a$five', says: /"five" is not a quantity/ },
    { query: 'Observation?code-value-date=a$soon', says: /"soon" is not a date/ },
    { query: 'Observation?code-value-quantity:not=a$5', says: /does not take the modifier ":not".*:missing/ },
  ],
};
