import { definitionsFor } from '../versions/versions';
import { FhirError, type Issue } from '../outcome/outcome';
import { searchLimits } from './limits';
import { parseSearch, type SearchContext } from './parse-search';
import type { SearchQuery } from './search-query';

const definitions = definitionsFor('R4');

function parse(type: string, query: string, context: Partial<SearchContext> = {}): SearchQuery {
  return parseSearch(definitions, type, [...new URLSearchParams(query)], { baseUrl: 'http://h/fhir', ...context });
}

function refusal(type: string, query: string): FhirError {
  try {
    parse(type, query);
  } catch (error) {
    // Expected: the refusal under test.
    if (error instanceof FhirError) return error;
    throw error;
  }
  throw new Error(`${type}?${query} was accepted`);
}

describe('control parameters', () => {
  it('reads count, sort and page', () => {
    expect(parse('Patient', '_count=10&_sort=-_lastUpdated&_page=abc')).toMatchObject({
      count: 10,
      sort: [{ code: '_lastUpdated', isDescending: true }],
      page: 'abc',
      clauses: [],
    });
  });

  it('answers a larger count with the largest', () => {
    expect(parse('Patient', '_count=999999').count).toBe(searchLimits.countMax);
    expect(parse('Patient', '_count=0').count).toBe(0);
  });

  it('leaves content negotiation to others', () => {
    expect(parse('Patient', '_format=json&_pretty=true').clauses).toEqual([]);
  });

  it.each([
    ['_count=-1', '_count', 'value'],
    ['_count=x', '_count', 'value'],
    ['_count=1&_count=2', '_count is given twice', 'invalid'],
    ['_sort=nam', 'nearest name is "name"', 'not-supported'],
    ['_sort=_id,_id,_id,_id,_id,_id', 'at most 5 keys', 'too-costly'],
    ['_include=Patient:organisation', 'nearest name is "organization"', 'not-supported'],
    ['_include=Patient', 'not complete', 'not-supported'],
    ['_include=Patint:organization', 'nearest name is "Patient"', 'not-supported'],
    ['_include=Patient:organization:Patient', 'never refers to Patient', 'not-supported'],
    ['_include=Observation:subject', '_include:iterate', 'not-supported'],
    ['_include:recurse=Patient:organization', ':iterate', 'not-supported'],
    ['_revinclude=Observation:pateint', 'nearest name is "patient"', 'not-supported'],
    ['_revinclude=*', 'Name the one that refers', 'not-supported'],
    ['_summary=yes', '_summary', 'value'],
    ['_summary=true&_include=Patient:organization', '_summary=true does not go with _include', 'invalid'],
    ['_summary=true&_elements=name', 'give one of them', 'invalid'],
    ['_elements=nmae', 'nearest name is "name"', 'value'],
    ['_total=all', '_total', 'value'],
    ['_contained=true', '_contained', 'not-supported'],
    ['_has=1', '_has', 'not-supported'],
    ['_has:Observation:patient=1', 'is not complete', 'invalid'],
    ['_has:Observatoin:patient:code=1', 'nearest name is "Observation"', 'invalid'],
    ['_has:Observation:pateint:code=1', 'Observation has no search parameter "pateint"', 'invalid'],
    ['_has:Observation:code:code=1', '"code" of Observation is no reference', 'invalid'],
    ['_has:Observation:encounter:code=1', '"encounter" of Observation does not refer to "Patient"', 'value'],
    [
      '_has:Observation:patient:coed=1',
      'Observation has no search parameter "coed". The nearest name is "code"',
      'invalid',
    ],
    ['_text=x', '_text', 'not-supported'],
    ['_list=1', '_list', 'not-supported'],
    ['_filter=name eq x', '_filter', 'not-supported'],
    ['organisation.name=x', 'nearest name is "organization"', 'invalid'],
    ['gender.name=x', '"gender" of Patient is no reference', 'invalid'],
    ['organization:Location.name=x', '"organization" of Patient does not refer to "Location"', 'value'],
    ['organization:missing.name=x', '"organization" of Patient does not refer to "missing"', 'value'],
    ['organization.nam=x', 'nearest name is "name"', 'invalid'],
    ['organization:Organization.nam=x', 'Organization has no search parameter "nam"', 'invalid'],
    ['organization.partof.partof.partof.partof.name=x', 'at most 4 links', 'too-costly'],
    ['link.general-practitioner.nam=x', 'has a search parameter "nam". The nearest name is "name"', 'invalid'],
    ['link:Patient.general-practitioner:Practitioner.nam=x', 'Practitioner has no search parameter "nam"', 'invalid'],
  ])('refuses %s by name', (query, named, code) => {
    const { status, issues } = refusal('Patient', query);
    expect(status).toBe(400);
    expect(issues).toHaveLength(1);
    expect(issues[0]!.code).toBe(code);
    expect(issues[0]!.text).toContain(named);
  });
});

describe('filters', () => {
  it.each([['Location', 'near=1|2', 'special']])('refuses %s?%s, naming its type', (type, query, named) => {
    const [issue] = refusal(type, query).issues;
    expect(issue!.code).toBe('not-supported');
    expect(issue!.text).toContain(named);
    expect(issue!.text).toContain(query.split('=')[0]);
  });

  it('names every mistake at once, each with the nearest valid name', () => {
    const { issues } = refusal('Patient', 'nam=x&brithdate=2000&gender=male&birthdate=soon');
    expect(issues.map((issue) => issue.text)).toEqual([
      expect.stringContaining('"nam". The nearest name is "name"'),
      expect.stringContaining('"brithdate". The nearest name is "birthdate"'),
      expect.stringContaining('"soon" is not a date'),
    ]);
  });

  it('leaves out a parameter without a value, as FHIR asks', () => {
    expect(parse('Patient', 'name=&gender=male').clauses).toHaveLength(1);
  });

  it('tells of what lenient handling leaves out, and leaves out no bad value or modifier', () => {
    const ignored: Issue[] = [];
    const query = parse('Patient', 'nam=x&organization.nam=x&_text=y&gender=male', {
      onIgnored: (issue) => ignored.push(issue),
    });
    expect(query.clauses).toHaveLength(1);
    expect(ignored).toHaveLength(3);
    expect(() => parse('Patient', 'birthdate=soon', { onIgnored: () => undefined })).toThrow(FhirError);
    expect(() => parse('Patient', 'gender:in=x', { onIgnored: () => undefined })).toThrow(FhirError);
  });

  it('has an end', () => {
    const values = Array.from({ length: searchLimits.valuesMax + 1 }, (_, i) => i).join();
    expect(refusal('Patient', `_id=${values}`).issues[0]!.code).toBe('too-costly');
    const clauses = Array.from({ length: searchLimits.clausesMax + 1 }, (_, i) => `_id=${i}`).join('&');
    expect(refusal('Patient', clauses).issues[0]!.code).toBe('too-costly');
  });

  it('knows no such type', () => {
    expect(refusal('Patent', '').status).toBe(404);
    expect(refusal('Parameters', '').status).toBe(404);
  });

  it('is not led astray by names that every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(refusal('Patient', `${name}=1`).issues[0]!.text).toContain('no search parameter');
    }
  });
});
