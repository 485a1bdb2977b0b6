// Numbers: http://hl7.org/fhir/R4/search.html#number. Each line: a value, and the prefixes that are true of the target.
import { casesOf } from './ordered-cases';
import type { TruthGroup, TruthTable } from './truth-table';

function decimals(why: string, probabilityDecimal: number, lines: Readonly<Record<string, string>>): TruthGroup {
  const resource = { resourceType: 'RiskAssessment', prediction: [{ probabilityDecimal }] };
  return { why, resource, cases: casesOf('probability', lines) };
}

function integers(why: string, start: number, lines: Readonly<Record<string, string>>): TruthGroup {
  const resource = { resourceType: 'MolecularSequence', variant: [{ start }] };
  return { why, resource, cases: casesOf('variant-start', lines) };
}

const same = 'eq ge le ap';
const above = 'ne gt ge sa';
const below = 'ne lt le eb';

export const numberTable: TruthTable = {
  groups: [
    integers('a whole number', 100, {
      '100': same,
      '100.0': same,
      '100.00': same,
      '0100': same,
      '1e2': same,
      '1E+2': same,
      '10e1': same,
      '99': `${above} ap`,
      '101': `${below} ap`,
      '99.5': `${above} ap`,
      '100.5': `${below} ap`,
      '90': above,
      '91': `${above} ap`,
      '111': `${below} ap`,
      '112': below,
      '-100': above,
    }),
    integers('what 100 leaves open begins at 99.5', 99, { '100': `${below} ap`, '1e2': 'eq lt le eb ap' }),
    // 1e2 is [95, 105) by the example of the specification.
    integers('the lower end of 1e2', 95, { '1e2': 'eq lt le eb ap', '100': `${below} ap` }),
    integers('the upper end of 1e2', 105, { '1e2': `${above} ap`, '104.9': `${above} ap` }),
    integers('below the lower end of 1e2', 94, { '1e2': `${below} ap` }),
    integers('what people say of thousands', 12345, {
      '12e3': `${above} ap`,
      '123e2': `${above} ap`,
      '1234e1': `${above} ap`,
      '12345': same,
    }),
    decimals('the lower end belongs to it', 99.5, { '100': 'eq lt le eb ap', '100.0': `${below} ap` }),
    decimals('the upper end does not', 100.5, { '100': `${above} ap`, '101': 'eq lt le eb ap' }),
    decimals('just below the upper end', 100.49999999999999, { '100': 'eq gt ge sa ap' }),
    decimals('hundredths', 5.4, {
      '5.4': same,
      '5.40': same,
      '5.35': `${above} ap`,
      '5.45': `${below} ap`,
      '5.5': `${below} ap`,
      '5': 'eq gt ge sa ap',
      '6': `${below} ap`,
      '54e-1': same,
      '0.54e1': same,
    }),
    decimals('the lower end of 5.40', 5.395, { '5.40': 'eq lt le eb ap', '5.4': 'eq lt le eb ap' }),
    decimals('the upper end of 5.40', 5.405, { '5.40': `${above} ap`, '5.4': 'eq gt ge sa ap' }),
    // In doubles 0.15 - 0.05 is below 0.1, 0.25 + 0.05 is above 0.3, and 1.005 + 0.005 is 1.0099999999999998.
    decimals('no noise of doubles: 0.3', 0.3, {
      '0.25': `${above}`,
      '0.3': same,
      '0.30': same,
      '0.300000000000000': same,
    }),
    decimals('no noise of doubles: 0.35', 0.35, { '0.3': `${above}`, '0.4': 'eq lt le eb', '0.35': same }),
    decimals('no noise of doubles: 0.1', 0.1, { '0.15': `${below}`, '0.1': same, '0.10': same }),
    decimals('no noise of doubles: 1.01', 1.01, { '1.005': `${above} ap`, '1.01': same }),
    decimals('fifteen digits are told apart', 0.123456789012345, {
      '0.123456789012345': same,
      '0.123456789012344': `${above} ap`,
      '0.123456789012346': `${below} ap`,
    }),
    decimals('nothing', 0, { '0': same, '0.0': same, '-0': same, '1': below, '-1': above, '0.5': below }),
    decimals('below nothing', -5.4, {
      '-5.4': same,
      '-5.40': same,
      '-5': 'eq lt le eb ap',
      '-6': `${above} ap`,
      '5.4': below,
      '0': below,
    }),
    decimals('far away', 1e30, { '1e30': same, '1e29': above, '1e31': below, '1e-300': above }),
    {
      why: 'a range',
      resource: {
        resourceType: 'RiskAssessment',
        prediction: [{ probabilityRange: { low: { value: 10 }, high: { value: 20 } } }],
      },
      cases: casesOf('probability', {
        '5': above,
        '10': 'ne gt ge ap',
        '15': 'ne gt lt ge le ap',
        '20': 'ne lt le ap',
        '25': below,
        '9.5': `${above} ap`,
      }),
    },
    {
      why: 'a range without an end',
      resource: { resourceType: 'RiskAssessment', prediction: [{ probabilityRange: { low: { value: 10 } } }] },
      cases: casesOf('probability', { '5': above, '10': 'ne gt ge ap', '15': 'ne gt lt ge le ap' }),
    },
    {
      why: 'several numbers: any of them',
      resource: { resourceType: 'RiskAssessment', prediction: [{ probabilityDecimal: 1 }, { probabilityDecimal: 9 }] },
      cases: [
        ['probability=1', true],
        ['probability=9,77', true],
        ['probability=5', false],
        ['probability=gt2&probability=lt2', true],
        ['probability=ne1', true],
        ['probability=gt9', false],
        ['probability:missing=false', true],
      ],
    },
    {
      why: 'absence',
      resource: { resourceType: 'RiskAssessment', prediction: [{}] },
      cases: [
        ['probability=ne1', false],
        ['probability=0', false],
        ['probability:missing=true', true],
        ['probability:missing=false', false],
      ],
    },
  ],
  refusals: [
    {
      query: 'RiskAssessment?probability=five',
      says: /"five" is not a number that probability understands. Write 100/,
    },
    { query: 'RiskAssessment?probability=gt', says: /not a number/ },
    { query: 'RiskAssessment?probability=gt  5', says: /not a number/ },
    { query: 'RiskAssessment?probability=1,x', says: /"x" is not a number/ },
    { query: 'RiskAssessment?probability=.5', says: /not a number/ },
    { query: 'RiskAssessment?probability=1e999', says: /not a number/ },
    { query: 'RiskAssessment?probability=Infinity', says: /not a number/ },
    { query: 'RiskAssessment?probability=5|http://unitsofmeasure.org|%25', says: /not a number/ },
    { query: `RiskAssessment?probability=${'1'.repeat(41)}`, says: /not a number/ },
    { query: 'RiskAssessment?probability:not=5', says: /does not take the modifier ":not".*:missing/ },
  ],
};
