// Every search parameter of the standard is evaluated or refused for a reason that is named: none is silently false.
import { definitionsFor, FhirError, indexedParameters, parseSearch } from '../../src/fhir';
import { placementOf } from '../../src/store/search/placement';

const definitions = definitionsFor('R4');
const baseUrl = 'http://herald.test/fhir';

const all = definitions.resourceTypes.flatMap((type) =>
  [...definitions.searchParameters(type).values()].map((definition) => ({ type, definition })),
);
const isEvaluated = ({ type, definition }: (typeof all)[number]): boolean =>
  indexedParameters(definitions, type).has(definition.code);

/** Those that are not, and why. */
const refused: Readonly<Record<string, RegExp>> = {
  'InsurancePlan.phonetic': /not compared by sound/,
  'Location.near': /special: distances are not computed/,
  'Organization.phonetic': /not compared by sound/,
  'Patient.phonetic': /not compared by sound/,
  'Person.phonetic': /not compared by sound/,
  'Practitioner.phonetic': /not compared by sound/,
  'RelatedPerson.phonetic': /not compared by sound/,
};

it('knows the parameters of the standard', () => {
  // 1,378 definitions; the six that every resource has stand once per type here.
  const urls = new Set(all.map(({ definition }) => definition.url));
  expect(urls.size).toBeGreaterThan(1_300);
});

it('evaluates all but a few, which it refuses with their reason', () => {
  const left = all.filter((each) => !isEvaluated(each)).map(({ type, definition }) => `${type}.${definition.code}`);
  expect(left.sort()).toEqual(Object.keys(refused).sort());
  for (const [name, says] of Object.entries(refused)) {
    const [type = '', code = ''] = name.split('.');
    expect(() => parseSearch(definitions, type, [[code, '1']], { baseUrl })).toThrow(says);
  }
});

/** A value that every parameter of the type takes. */
const values: Readonly<Record<string, string>> = {
  number: '5',
  date: '2020',
  string: 'a',
  token: 'a',
  reference: 'http://other/x',
  quantity: '5',
  uri: 'http://other/x',
};

function valueOf({ type, definition }: (typeof all)[number]): string {
  const { parts } = indexedParameters(definitions, type).get(definition.code)!;
  return parts ? parts.map((part) => values[part.definition.type]).join('$') : values[definition.type]!;
}

it('asks each of them in memory and in SQL', () => {
  const broken = all.filter(isEvaluated).flatMap((each) => {
    const { type, definition } = each;
    try {
      parseSearch(definitions, type, [[definition.code, valueOf(each)]], { baseUrl });
      placementOf(definitions, type, definition.code);
      return [];
    } catch (error) {
      return [`${type}.${definition.code}: ${error instanceof FhirError ? error.issues[0]!.text : String(error)}`];
    }
  });
  expect(broken).toEqual([]);
});

it('finds the elements of every parameter by type, so that none is evaluated to nothing', () => {
  const blind = all.filter(isEvaluated).flatMap(({ type, definition }) => {
    const parameter = indexedParameters(definitions, type).get(definition.code)!;
    const { searchType, leafTypes, parts } = parameter;
    const seen = leafTypes.filter((leaf) => searchType.entries({ type: leaf, path: '' }, definitions) !== undefined);
    return parts || seen.length > 0 ? [] : [`${type}.${definition.code}: ${leafTypes.join()}`];
  });
  expect(blind).toEqual([]);
});
