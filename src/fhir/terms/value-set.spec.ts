// Value sets and hierarchies: exactly their codes, or a reason. http://hl7.org/fhir/R4/valueset.html
import type { FhirResource } from '../resource';
import { termLimits } from './limits';
import { withTerms, type TermQuestion } from './terms';
import { answerTerms, type FindTerms } from './value-set';

const codeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://s',
  content: 'complete',
  hierarchyMeaning: 'is-a',
  concept: [
    { code: 'alert', concept: [{ code: 'allergy', property: [{ code: 'grade', valueInteger: 2 }] }, { code: 'risk' }] },
    {
      code: 'other',
      property: [
        { code: 'parent', valueCode: 'risk' },
        { code: 'grade', valueInteger: 2 },
      ],
    },
    { code: 'far', property: [{ code: 'child', valueCode: 'alert' }] },
  ],
};
const resources: Record<string, object> = {
  'CodeSystem http://s': codeSystem,
  'CodeSystem http://part': { ...codeSystem, content: 'fragment' },
  'CodeSystem http://loose': { ...codeSystem, caseSensitive: false },
  'CodeSystem http://grouped': { ...codeSystem, hierarchyMeaning: 'grouped-by' },
};
const find: FindTerms = (type, canonical) =>
  Promise.resolve(
    (resources[`${type} ${canonical}`] as FhirResource | undefined) ?? `there is no ${type} ${canonical} here`,
  );

const codes = async (question: TermQuestion, look = find): Promise<unknown> => {
  const answer = await answerTerms(question, look);
  return typeof answer === 'string' ? answer : answer.map(({ system, code }) => `${system ?? ''}|${code}`).sort();
};
/** The answer for a ValueSet with these members. */
const inSet = (members: object): Promise<unknown> =>
  codes({ kind: 'in', canonical: 'http://v' }, (type, canonical) =>
    canonical === 'http://v'
      ? Promise.resolve({ resourceType: 'ValueSet', url: 'http://v', ...members } as FhirResource)
      : find(type, canonical),
  );
const compose = (...include: object[]): Promise<unknown> => inSet({ compose: { include } });
const filter = (property: string, op: string, value: string) => ({
  system: 'http://s',
  filter: [{ property, op, value }],
});

it('takes an expansion as it is, nested, without abstract entries', async () => {
  const contains = [
    { system: 'http://s', code: 'a', abstract: true, contains: [{ system: 'http://s', code: 'b' }] },
    { code: 'c' },
  ];
  expect(await inSet({ expansion: { contains }, compose: { include: [{ system: 'http://nowhere' }] } })).toEqual([
    'http://s|b',
    '|c',
  ]);
});

it.each([
  [[{ system: 'http://t', concept: [{ code: 'x' }, { code: 'y' }] }], ['http://t|x', 'http://t|y']],
  [[{ system: 'http://s' }], ['http://s|alert', 'http://s|allergy', 'http://s|far', 'http://s|other', 'http://s|risk']],
  [[filter('concept', 'is-a', 'alert')], ['http://s|alert', 'http://s|allergy', 'http://s|other', 'http://s|risk']],
  [[filter('concept', 'descendent-of', 'risk')], ['http://s|other']],
  [[filter('concept', 'is-not-a', 'alert')], ['http://s|far']],
  [[filter('grade', '=', '2')], ['http://s|allergy', 'http://s|other']],
  [[filter('code', 'in', 'risk, far')], ['http://s|far', 'http://s|risk']],
  [
    [
      {
        ...filter('grade', '=', '2'),
        filter: [...filter('grade', '=', '2').filter, ...filter('concept', 'is-a', 'risk').filter],
      },
    ],
    ['http://s|other'],
  ],
  [[filter('concept', 'descendent-of', 'allergy')], 'it holds no code'],
  [[filter('concept', 'is-a', 'nobody')], /"nobody", which is not in the CodeSystem/],
  [[filter('display', 'regex', 'a.*')], /"display regex" is not supported/],
  [[{ system: 'http://nowhere' }], /no CodeSystem http:\/\/nowhere here/],
  [[{ system: 'http://part' }], /is not complete here/],
  [[{ system: 'http://loose' }], /whose case does not count/],
  [[{ system: 'http://grouped', filter: filter('concept', 'is-a', 'alert').filter }], /means grouped-by/],
  [[{}], /neither a system nor a value set/],
  [[{ valueSet: ['http://v'] }], /include each other more than/],
])('%j gives %s', async (include, expected) => {
  const answer = await compose(...include);
  if (expected instanceof RegExp) expect(answer).toMatch(expected);
  else expect(answer).toEqual(expected);
});

it('takes excludes away, and what an include shares with its value sets', async () => {
  const include = [{ system: 'http://s' }];
  expect(await inSet({ compose: { include, exclude: [filter('concept', 'is-a', 'alert')] } })).toEqual([
    'http://s|far',
  ]);
});

it.each([
  [{}, /neither an expansion nor a compose/],
  [{ expansion: { total: 3, contains: [{ code: 'a' }] } }, /only a part/],
  [{ expansion: { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/valueset-unclosed' }] } }, /only a part/],
  [{ compose: { inactive: false, include: [{ system: 'http://s' }] } }, /compose.inactive/],
  [
    { expansion: { contains: Array.from({ length: termLimits.codesMax + 1 }, (_, n) => ({ code: `${n}` })) } },
    /more than 5000/,
  ],
])('an unusable set says why (%#)', async (members, expected) => {
  expect(await inSet(members)).toMatch(expected);
});

it('above and below follow the hierarchy, the code itself included', async () => {
  const related = (kind: 'above' | 'below', code: string) => codes({ kind, canonical: 'http://s', code });
  expect(await related('below', 'alert')).toEqual(
    ['alert', 'allergy', 'other', 'risk'].map((code) => `http://s|${code}`),
  );
  expect(await related('above', 'other')).toEqual(['alert', 'far', 'other', 'risk'].map((code) => `http://s|${code}`));
  expect(await related('below', 'unknown')).toEqual(['http://s|unknown']);
});

it('parses once where nothing is asked, and asks for each question once', async () => {
  const loaded: string[] = [];
  const load = (questions: readonly TermQuestion[]) => {
    loaded.push(...questions.map(({ canonical }) => canonical));
    return Promise.resolve(questions.map(({ canonical }) => [{ code: `of ${canonical}` }]));
  };
  let parses = 0;
  expect(await withTerms(() => (parses += 1), load)).toBe(1);
  const ask = (canonical: string): TermQuestion => ({ kind: 'in', canonical });
  const answer = await withTerms((termsOf) => [ask('a'), ask('b'), ask('a')].map((one) => termsOf(one)), load);
  expect(answer).toEqual(['a', 'b', 'a'].map((name) => [{ code: `of ${name}` }]));
  expect(loaded).toEqual(['a', 'b']);
});
