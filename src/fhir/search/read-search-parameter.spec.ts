import { definitionsFor } from '../versions/versions';
import { FhirError } from '../outcome/outcome';
import { branchesOf, notInterpretable } from './custom-expression';
import { readSearchParameter } from './read-search-parameter';
import { refusedParameters, searchTypes } from './search-types';

const standard = definitionsFor('R4');
const resource = (changes: object) => ({
  resourceType: 'SearchParameter',
  url: 'http://example.org/sp',
  status: 'active',
  code: 'x',
  base: ['Flag'],
  type: 'token',
  expression: 'Flag.code',
  ...changes,
});

it('takes every expression of the standard under a code of its own', () => {
  const all = standard.resourceTypes.flatMap((base) =>
    [...standard.searchParameters(base).values()].map((definition) => ({ base, ...definition })),
  );
  const ours = all.filter(
    ({ type, code, expression }) => searchTypes[type] && expression && !(code in refusedParameters),
  );
  expect(ours.length).toBeGreaterThan(1_900);
  const refused = ours.flatMap(({ base, code, type, expression, targets }) => {
    try {
      const target = type === 'reference' ? targets : undefined;
      const { meanings } = readSearchParameter(standard, resource({ base: [base], type, expression, target }));
      return meanings[0]!.meaning.expression === expression
        ? []
        : [`${base}.${code}: ${meanings[0]!.meaning.expression}`];
    } catch (error) {
      if (error instanceof FhirError) return [`${base}.${code}: ${error.message}`];
      throw error;
    }
  });
  expect(refused).toEqual([]);
});

it('means on each base type what the branches of that type say', () => {
  const expression = 'Flag.code | (Observation.value as CodeableConcept) | Flag.category | Condition.code';
  const { url, meanings } = readSearchParameter(
    standard,
    resource({ base: ['Flag', 'Observation', 'Flag'], expression }),
  );
  expect(url).toBe('http://example.org/sp');
  expect(meanings).toEqual([
    { type: 'Flag', meaning: { code: 'x', type: 'token', expression: 'Flag.code | Flag.category' } },
    {
      type: 'Observation',
      meaning: { code: 'x', type: 'token', expression: '(Observation.value as CodeableConcept)' },
    },
  ]);
});

it("does nothing for one that is not active, or that is the standard's own", () => {
  expect(readSearchParameter(standard, resource({ status: 'draft', expression: '&%' })).meanings).toEqual([]);
  const own = {
    url: 'http://hl7.org/fhir/SearchParameter/Flag-identifier',
    code: 'identifier',
    expression: 'Flag.identifier',
  };
  expect(readSearchParameter(standard, resource(own)).meanings).toEqual([]);
});

it.each([
  [
    "Flag.code.where(text = 'a | b').coding | Flag.category",
    ["Flag.code.where(text = 'a | b').coding", 'Flag.category'],
  ],
  ["Flag.extension('http://x|1').value | Flag.code", ["Flag.extension('http://x|1').value", 'Flag.code']],
  ['Flag.code as CodeableConcept', ['(Flag.code as CodeableConcept)']],
  ["Flag.where(text = 'it\\'s | so')", ["Flag.where(text = 'it\\'s | so')"]],
])('splits %s where it is joined', (expression, branches) => {
  expect(branchesOf(expression)).toEqual(branches);
});

it.each([
  ['Flag.code.where(text.exists() and coding.count() > 1)', undefined],
  ['Flag.descendants()', /function descendants\(\)/],
  ["Flag.code.trace('x')", /function trace\(\)/],
  ['now()', /function now\(\)/],
  ['%resource.code', /cannot be used here from "%resource/],
  ['Flag.code.where($this is Coding)', /cannot be used here from "\$this/],
  ["Flag.code & 'x'", /cannot be used here from "&/],
])('%s may be interpreted, or not', (expression, problem) => {
  const said = notInterpretable(expression);
  if (problem) expect(said).toMatch(problem);
  else expect(said).toBeUndefined();
});
