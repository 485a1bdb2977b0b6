// Quantities: http://hl7.org/fhir/R4/search.html#quantity. Each line: a value, and the prefixes that are true of the target.
import { casesOf } from './ordered-cases';
import type { TruthCase, TruthGroup, TruthTable } from './truth-table';

const UCUM = 'http://unitsofmeasure.org';
const same = 'eq ge le ap';
const above = 'ne gt ge sa';
const below = 'ne lt le eb';
/** Not comparable at all. */
const apart = '';

function values(why: string, valueQuantity: object, lines: Readonly<Record<string, string>>): TruthGroup {
  return { why, resource: { resourceType: 'Observation', valueQuantity }, cases: casesOf('value-quantity', lines) };
}

/** In: a number and a UCUM code, and the values that are the same amount, or more. */
function amounts(value: number, code: string, equal: readonly string[], more: readonly string[]): TruthGroup {
  const cases = [
    ...equal.flatMap((text): TruthCase[] => [
      [`value-quantity=${text.replace(' ', `|${UCUM}|`)}`, true],
      [`value-quantity=gt${text.replace(' ', `|${UCUM}|`)}`, false],
      [`value-quantity=lt${text.replace(' ', `|${UCUM}|`)}`, false],
    ]),
    ...more.flatMap((text): TruthCase[] => [
      [`value-quantity=${text.replace(' ', `|${UCUM}|`)}`, false],
      [`value-quantity=lt${text.replace(' ', `|${UCUM}|`)}`, true],
    ]),
  ];
  const resource = { resourceType: 'Observation', valueQuantity: { value, system: UCUM, code } };
  return { why: `${value} ${code} in other units`, resource, cases };
}

const mmol = { value: 5.4, unit: 'mmol per litre', system: UCUM, code: 'mmol/L' };

export const quantityTable: TruthTable = {
  groups: [
    values('a quantity', mmol, {
      '5.4': same,
      '5.40': same,
      '5': 'eq gt ge sa ap',
      '5.3': `${above} ap`,
      '6': `${below} ap`,
      [`5.4|${UCUM}|mmol/L`]: same,
      [`5.5|${UCUM}|mmol/L`]: `${below} ap`,
      [`5400|${UCUM}|umol/L`]: same,
      [`0.0054|${UCUM}|mol/L`]: same,
      [`5.4|${UCUM}|mol/m3`]: same,
      [`5.4|${UCUM}|meq/L`]: same,
      [`5.4|${UCUM}|mg/L`]: apart,
      [`5.4|http://other|mmol/L`]: apart,
      '5.4||mmol/L': same,
      '5.4||mmol per litre': same,
      '6||mmol/L': `${below} ap`,
      '5400||umol/L': apart,
      '5.4||mol': apart,
    }),
    // What mg is of grams cannot be said in doubles either: 0.3 g is 300 mg, and 0.1 + 0.2.
    amounts(0.3, 'g', ['300 mg', '300000 ug', '0.3 g', '0.0003 kg'], ['301 mg', '1 kg']),
    amounts(300, 'mg', ['0.3 g', '300 mg'], ['0.4 g']),
    amounts(98.6, '[degF]', ['37.0 Cel', '310.15 K', '98.6 [degF]'], ['37.1 Cel', '99.0 [degF]', '311 K']),
    amounts(37, 'Cel', ['98.60 [degF]', '310.150 K'], ['98.70 [degF]']),
    amounts(1, '[in_i]', ['2.54 cm', '25.4 mm', '0.0254 m'], ['2.55 cm']),
    amounts(60, '/min', ['1.00 /s', '3600 /h'], ['1.1 /s', '3601 /h']),
    amounts(90, 'min', ['1.5 h', '5400 s'], ['2.5 h', '5401 s']),
    amounts(4.2, '10*9/L', ['4.2 10*3/uL', '4200 10*6/L', '4200 /uL'], ['4.3 10*3/uL']),
    amounts(120, 'mm[Hg]', ['120 mm[Hg]', '12.0 cm[Hg]'], ['121 mm[Hg]', '13.0 cm[Hg]']),
    amounts(5, '%', ['0.05 1', '5 %', '0.050 {ratio}'], ['0.06 1']),
    amounts(7, '{score}', ['7 {score}', '7 1', '7 {points}'], ['8 1']),
    // Units that no other unit is a multiple of.
    amounts(7.4, '[pH]', ['7.4 [pH]'], ['7.5 [pH]']),
    amounts(10, '[iU]/L', ['10 [iU]/L'], ['11 [iU]/L']),
    values(
      'an arbitrary unit is compared with itself only',
      { value: 10, system: UCUM, code: '[iU]/L' },
      {
        [`10|${UCUM}|/L`]: apart,
        [`10|${UCUM}|U/L`]: apart,
      },
    ),
    values(
      'a code that is not of UCUM',
      { value: 10, system: UCUM, code: 'lbs' },
      {
        [`10|${UCUM}|lbs`]: same,
        [`10|${UCUM}|[lb_av]`]: apart,
        '10||lbs': same,
      },
    ),
    values(
      'another system',
      { value: 2, system: 'http://snomed.info/sct', code: '385055001', unit: 'tablet' },
      {
        '2|http://snomed.info/sct|385055001': same,
        '3|http://snomed.info/sct|385055001': below,
        [`2|${UCUM}|385055001`]: apart,
        '2||385055001': same,
        '2||tablet': same,
        '2': same,
      },
    ),
    values('a unit for people only', { value: 2, unit: 'a|b,c' }, { '2||a\\|b\\,c': same, '2||a': apart, '2': same }),
    values('a code without a system', { value: 2, code: 'mg' }, { [`2|${UCUM}|mg`]: apart, '2||mg': same }),
    values('a number alone', { value: 2 }, { '2': same, '2||mg': apart, [`2|${UCUM}|mg`]: apart }),
    values(
      'less than',
      { ...mmol, comparator: '<' },
      {
        '5.4': `${below} ap`,
        '5': 'ne gt lt ge le ap',
        '5.3999': 'ne gt lt ge le ap',
        [`5.4|${UCUM}|mmol/L`]: `${below} ap`,
        [`5300|${UCUM}|umol/L`]: 'ne gt lt ge le ap',
      },
    ),
    values('at most', { ...mmol, comparator: '<=' }, { '5.4': 'ne lt le ap', '5': 'ne gt lt ge le ap' }),
    values('more than', { ...mmol, comparator: '>' }, { '5.4': `${above} ap`, '6': 'ne gt lt ge le ap' }),
    values('at least', { ...mmol, comparator: '>=' }, { '5.4': 'ne gt ge ap', '5': `${above} ap` }),
    values('no value', { unit: 'mg' }, { '0': apart, '5': apart }),
    {
      why: 'samples reach from the least to the greatest',
      resource: {
        resourceType: 'Observation',
        valueSampledData: {
          origin: { value: 0.1, system: UCUM, code: 'mV' },
          period: 10,
          factor: 0.1,
          dimensions: 1,
          data: '2 E 5 1 bad',
        },
      },
      cases: casesOf('value-quantity', {
        // 0.1 + 0.2 is 0.3: three tenths, no noise. They reach from 0.2 to 0.6.
        '0.2': 'ne gt ge ap',
        '0.6': 'ne lt le ap',
        '0.1': above,
        [`600|${UCUM}|uV`]: 'ne lt le ap',
        [`0.7|${UCUM}|mV`]: below,
      }).filter(([query]) => !/=ap0\.7/.test(query)),
    },
    {
      why: 'samples beyond what could be measured',
      resource: {
        resourceType: 'Observation',
        valueSampledData: { origin: { value: 0 }, period: 1, dimensions: 1, data: 'L 3 4' },
      },
      cases: casesOf('value-quantity', { '4': 'ne lt le ap', '-100': 'ne gt lt ge le ap' }),
    },
    {
      why: 'money',
      resource: { resourceType: 'Invoice', totalGross: { value: 12.5, currency: 'EUR' } },
      cases: [
        ...casesOf('totalgross', {
          '12.5': same,
          '12.5|urn:iso:std:iso:4217|EUR': same,
          '12.5||EUR': same,
          '12.5|urn:iso:std:iso:4217|USD': apart,
        }),
        ['totalnet:missing=true', true],
      ],
    },
    {
      why: 'an age and a range of ages',
      resource: {
        resourceType: 'Condition',
        onsetAge: { value: 52, unit: 'years', system: UCUM, code: 'a' },
        abatementRange: {
          low: { value: 60, unit: 'years', system: UCUM, code: 'a' },
          high: { value: 65, unit: 'years', system: UCUM, code: 'a' },
        },
      },
      cases: [
        ...casesOf('onset-age', { '52': same, [`624|${UCUM}|mo`]: same, [`52|${UCUM}|a`]: same }),
        ...casesOf('abatement-age', {
          '62': 'ne gt lt ge le ap',
          [`60|${UCUM}|a`]: 'ne gt ge ap',
          [`780|${UCUM}|mo`]: 'ne lt le ap',
          '66': `${below} ap`,
          '59||years': `${above} ap`,
        }),
      ],
    },
    {
      why: 'a range without a beginning, and ranges of nothing',
      resource: {
        resourceType: 'ValueSet',
        useContext: [
          { code: { code: 'age' }, valueRange: { high: { value: 5, system: UCUM, code: 'a' } } },
          { code: { code: 'age' }, valueRange: {} },
          { code: { code: 'age' }, valueRange: { low: { value: 9 }, high: { value: 8 } } },
          { code: { code: 'age' }, valueRange: { low: { value: 8, unit: 'kg' }, high: { value: 9, unit: 'g' } } },
        ],
      },
      cases: casesOf('context-quantity', { '5': 'ne lt le ap', '8.5': below, '-77': 'ne gt lt ge le ap' }),
    },
    {
      why: 'several quantities: any of them',
      resource: {
        resourceType: 'Observation',
        component: [{ valueQuantity: { value: 120, unit: 'mmHg' } }, { valueQuantity: { value: 80, unit: 'x' } }],
      },
      cases: [
        ['component-value-quantity=120', true],
        ['component-value-quantity=80,1', true],
        ['combo-value-quantity=80||x', true],
        ['component-value-quantity=120||x', false],
        ['component-value-quantity=gt100&component-value-quantity=lt100', true],
        ['component-value-quantity=gt100||x', false],
        ['value-quantity:missing=true', true],
        ['value-quantity=ne5', false],
        ['component-value-quantity:missing=false', true],
      ],
    },
  ],
  refusals: [
    {
      query: 'Observation?value-quantity=high',
      says: /"high" is not a quantity that value-quantity understands. Write 5.4, /,
    },
    { query: 'Observation?value-quantity=5.4|mg', says: /not a quantity/ },
    { query: `Observation?value-quantity=5.4|${UCUM}|`, says: /not a quantity/ },
    { query: 'Observation?value-quantity=5.4||', says: /not a quantity/ },
    { query: 'Observation?value-quantity=|s|mg', says: /not a quantity/ },
    { query: 'Observation?value-quantity=5|s|mg|x', says: /not a quantity/ },
    { query: 'Observation?value-quantity:exact=5', says: /does not take the modifier ":exact".*:missing/ },
  ],
};
