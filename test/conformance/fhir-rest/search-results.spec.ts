// What is done with the matches: order, pages, includes, parts. http://hl7.org/fhir/R4/search.html#modifyingresults
import type { Answer, FhirClient } from '../../support/fhir-client';
import { startFhirServer, type FhirServer } from './server';

const entries = (answer: Answer, mode: string): any[] =>
  (answer.body.entry ?? []).filter((entry: any) => entry.search.mode === mode);
const ids = (answer: Answer, mode = 'match'): string[] => entries(answer, mode).map(({ resource }) => resource.id);
const names = (answer: Answer, mode: string): string[] =>
  entries(answer, mode).map(({ resource }) => `${resource.resourceType}/${resource.id}`);
const link = (answer: Answer, relation: string): string | undefined =>
  answer.body.link.find((each: any) => each.relation === relation)?.url;

let server: FhirServer;
let client: FhirClient;
const get = async (query: string): Promise<Answer> => {
  const answer = await client.get(query.startsWith('http') ? query.slice(client.url.length) : query);
  expect([query, answer.status, answer.body.issue]).toEqual([query, 200, undefined]);
  return answer;
};

const patients: readonly object[] = [
  { id: 'a', name: [{ family: 'Zorn', given: ['Anna'] }], birthDate: '1990-01-01', gender: 'female' },
  { id: 'b', name: [{ family: 'Zorn', given: ['Bert'] }], birthDate: '1980-01-01', gender: 'male' },
  { id: 'c', name: [{ family: 'Abel' }, { family: 'Yves' }], gender: 'female' },
  { id: 'd', birthDate: '1985-01-01' },
  { id: 'e', name: [{ family: 'Ähre' }], birthDate: '1985-01-01', deceasedDateTime: '2020-01-01' },
  { id: 'f', name: [{ family: 'Noll' }], birthDate: '1985', generalPractitioner: [{ reference: 'Practitioner/d1' }] },
];

beforeAll(async () => {
  server = await startFhirServer();
  client = server.client;
  const put = (resource: object): Promise<unknown> => client.put(resource as never);
  await put({ resourceType: 'Organization', id: 'o2', name: 'Above' });
  await put({ resourceType: 'Organization', id: 'o1', name: 'Clinic', partOf: { reference: 'Organization/o2' } });
  await put({ resourceType: 'Practitioner', id: 'd1', name: [{ family: 'Arzt' }] });
  for (const patient of patients) {
    await put({ resourceType: 'Patient', managingOrganization: { reference: 'Organization/o1' }, ...patient });
  }
  for (const id of ['x', 'y']) {
    await put({
      resourceType: 'Observation',
      id,
      status: 'final',
      code: { text: 'weight', coding: [{ system: 'http://loinc.org', code: '1' }] },
      subject: { reference: 'Patient/a' },
      performer: [{ reference: 'Practitioner/d1' }, { reference: 'Practitioner/nobody' }],
      valueQuantity: { value: 1.0, unit: 'kg' },
      component: [
        {
          code: { text: 'part' },
          valueString: 'v',
          referenceRange: [{ text: 'low' }],
          interpretation: [{ text: 'i' }],
        },
      ],
      note: [{ text: 'a note' }],
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">shown</div>' },
    });
  }
  await put({
    resourceType: 'Provenance',
    id: 'w',
    target: [{ reference: 'Observation/x' }],
    recorded: '2026-01-01T00:00:00Z',
    agent: [{ who: { reference: 'Practitioner/d1' } }],
  });
});
afterAll(() => server?.stop());

describe('_sort', () => {
  it.each([
    ['family', 'cefabd'],
    ['-family', 'bacfed'],
    ['family,-birthdate', 'cefabd'],
    ['family,given', 'cefabd'],
    ['birthdate', 'bdefac'],
    ['-birthdate,_id', 'adefbc'],
    ['birthdate,-_id', 'bfedac'],
    ['gender,-family', 'acbfed'],
    ['general-practitioner,_id', 'fabcde'],
    ['death-date,_id', 'eabcdf'],
    ['-_id', 'fedcba'],
    ['-_lastUpdated', 'fedcba'],
  ])('%s: missing ones last, and through pages of any size both ways', async (sort, order) => {
    // Compared are abel, ahre, noll, yves, zorn; what is equal follows the id, the way that the last key goes.
    expect(ids(await get(`Patient?_sort=${sort}`)).join('')).toBe(order);
    const forward: string[] = [];
    let answer = await get(`Patient?_sort=${sort}&_count=2`);
    for (;;) {
      forward.push(...ids(answer));
      const next = link(answer, 'next');
      if (next === undefined) break;
      answer = await get(next);
    }
    expect(forward.join('')).toBe(order);
    const backward: string[] = [];
    for (
      let previous: string | undefined = link(answer, 'self');
      previous !== undefined;
      previous = link(answer, 'previous')
    ) {
      answer = await get(previous);
      backward.unshift(...ids(answer));
    }
    expect(backward.join('')).toBe(order);
  });

  it('P-1: first, previous, next and last lead through the same pages', async () => {
    const first = await get('Patient?_sort=family&_count=4');
    expect([link(first, 'previous'), ids(first).join('')]).toEqual([undefined, 'cefa']);
    const last = await get(link(first, 'last')!);
    expect([link(last, 'next'), ids(last).join('')]).toEqual([undefined, 'fabd']);
    const before = await get(link(last, 'previous')!);
    expect([ids(before).join(''), link(before, 'previous')]).toEqual(['ce', undefined]);
    expect(ids(await get(link(before, 'next')!)).join('')).toBe('fabd');
    expect(ids(await get(link(last, 'first')!)).join('')).toBe('cefa');
    const only = await get('Patient');
    expect(['previous', 'next', 'last'].map((relation) => link(only, relation))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('P-3: a page goes on from where it ended, though that resource was changed meanwhile', async () => {
    const put = (family: string): Promise<unknown> =>
      client.put({ resourceType: 'Basic', id: 'moving', code: { coding: [{ code: family }] } } as never);
    for (const code of ['a', 'c', 'd'])
      await client.put({ resourceType: 'Basic', id: code, code: { coding: [{ code }] } } as never);
    await put('b');
    const first = await get('Basic?_sort=code&_count=2');
    expect(ids(first)).toEqual(['a', 'moving']);
    await put('z');
    expect(ids(await get(link(first, 'next')!))).toEqual(['c', 'd']);
  });

  it('P-4: no link holds what people are called', async () => {
    const answer = await get('Patient?_sort=family&_count=2');
    const token = new URL(link(answer, 'next')!).searchParams.get('_page')!;
    expect(Buffer.from(token, 'base64url').toString()).toBe('["a","Patient","e",1]');
  });
});

describe('_include and _revinclude', () => {
  it.each([
    ['Observation?_id=x&_include=Observation:subject', ['Patient/a']],
    ['Observation?_include=Observation:subject', ['Patient/a']],
    ['Observation?_id=x&_include=Observation:performer', ['Practitioner/d1']],
    ['Observation?_id=x&_include=Observation:subject:Group', []],
    ['Observation?_id=x&_include=*', ['Patient/a', 'Practitioner/d1']],
    ['Observation?_id=x&_include=Observation:*', ['Patient/a', 'Practitioner/d1']],
    ['Observation?_id=x&_include=Observation:subject&_include=Patient:organization', undefined],
    [
      'Observation?_id=x&_include=Observation:subject&_include:iterate=Patient:organization',
      ['Organization/o1', 'Patient/a'],
    ],
    [
      'Observation?_id=x&_include=Observation:subject&_include:iterate=Patient:organization&_include:iterate=Organization:partof',
      ['Organization/o1', 'Organization/o2', 'Patient/a'],
    ],
    ['Organization?_id=o1&_include:iterate=Organization:partof', ['Organization/o2']],
    ['Patient?_id=a&_revinclude=Observation:subject', ['Observation/x', 'Observation/y']],
    ['Patient?_id=a&_revinclude=Observation:*', ['Observation/x', 'Observation/y']],
    [
      'Patient?_id=a&_revinclude=Observation:subject&_revinclude:iterate=Provenance:target',
      ['Observation/x', 'Observation/y', 'Provenance/w'],
    ],
    ['Patient?_id=b&_revinclude=Observation:subject', []],
  ] as const)('%s', async (query, expected) => {
    if (expected === undefined) {
      expect((await client.get(query)).body.issue[0].details.text).toContain(':iterate');
      return;
    }
    const answer = await get(query);
    expect(names(answer, 'include').sort()).toEqual(expected);
    expect(answer.body.total).toBe(names(answer, 'match').length);
  });

  it('belong to their page; a match is not included again', async () => {
    const answer = await get('Patient?_sort=_id&_count=1&_revinclude=Observation:subject');
    expect([names(answer, 'match'), names(answer, 'include').sort()]).toEqual([
      ['Patient/a'],
      ['Observation/x', 'Observation/y'],
    ]);
    expect(names(await get(link(answer, 'next')!), 'include')).toEqual([]);
    expect(names(await get('Organization?_include=Organization:partof'), 'include')).toEqual([]);
  });

  it('Q-8: lenient handling leaves out one that means nothing, and says so', async () => {
    const answer = await client.get('Observation?_id=x&_include=Observation:subjekt&_sort=nonsense', {
      prefer: 'handling=lenient',
    });
    expect([answer.status, link(answer, 'self')]).toEqual([200, `${client.fhirUrl}/Observation?_id=x`]);
    expect(entries(answer, 'outcome')[0].resource.issue).toHaveLength(2);
  });
});

describe('_summary, _elements, _total', () => {
  const only = async (query: string): Promise<any> => {
    const [entry] = entries(await get(query), 'match');
    return entry.resource;
  };
  const tag = [expect.objectContaining({ code: 'SUBSETTED' })];

  it('_summary=true: summary, mandatory and modifier elements, inside of backbone elements too', async () => {
    const shown = await only('Observation?_id=x&_summary=true');
    expect(shown.meta.tag).toEqual(tag);
    expect(Object.keys(shown).sort()).toEqual(
      ['resourceType', 'id', 'meta', 'status', 'code', 'subject', 'performer', 'valueQuantity', 'component'].sort(),
    );
    expect(Object.keys(shown.component[0]).sort()).toEqual(['code', 'valueString']);
  });

  it('_summary=text, data and false', async () => {
    expect(Object.keys(await only('Observation?_id=x&_summary=text')).sort()).toEqual(
      ['resourceType', 'id', 'meta', 'text', 'status', 'code'].sort(),
    );
    const data = await only('Observation?_id=x&_summary=data');
    expect([data.text, data.note, data.meta.tag]).toEqual([undefined, [{ text: 'a note' }], tag]);
    const whole = await only('Observation?_id=x&_summary=false');
    expect([whole.text.status, whole.meta.tag]).toEqual(['generated', undefined]);
  });

  it('S1.28: _summary=count tells how many there are of a type, and nothing else', async () => {
    const { body } = await get('Patient?_summary=count');
    expect([body.total, body.entry]).toEqual([6, undefined]);
    expect((await get('Patient?gender=female&_summary=count')).body.total).toBe(2);
  });

  it('_elements: those, and what may not be missing; numbers stay as they were written', async () => {
    const shown = await only('Observation?_id=x&_elements=value,subject');
    expect(Object.keys(shown).sort()).toEqual(
      ['resourceType', 'id', 'meta', 'status', 'code', 'subject', 'valueQuantity'].sort(),
    );
    expect(shown.meta.tag).toEqual(tag);
    expect(shown.meta.versionId).toBe('1');
  });

  it('I-22: what was shown in part is not taken back as the whole', async () => {
    const shown = await only('Observation?_id=x&_elements=subject');
    expect((await client.put(shown)).status).toBe(422);
  });

  it('_total=none leaves the number out; estimate and accurate tell it', async () => {
    expect((await get('Patient?_total=none&_count=2')).body.total).toBeUndefined();
    expect((await get('Patient?_total=estimate&_count=2')).body.total).toBe(6);
    expect((await get('Patient?_total=accurate&_count=2')).body.total).toBe(6);
    expect((await get('Patient?_total=none&_summary=count')).body.total).toBe(6);
  });

  it('_include goes with _summary=data', async () => {
    const answer = await get('Observation?_id=x&_summary=data&_include=Observation:subject');
    expect(entries(answer, 'include')[0].resource.meta.tag).toEqual(tag);
  });
});
