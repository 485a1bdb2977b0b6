import { FhirError } from '../outcome/outcome';
import { readBundle } from './bundle';
import { parseResource } from './parse-resource';

const bundle = (entry: string, type = 'transaction') =>
  parseResource(`{"resourceType":"Bundle","type":"${type}","entry":${entry}}`);

it('gives each entry the slice of the text that is its resource', () => {
  const resource = '{ "resourceType":"Patient", "multipleBirthInteger": 2, "note": "1.00 ]}" }';
  const read = readBundle(
    bundle(`[ {"fullUrl":"urn:uuid:1", "resource" : ${resource} , "request":{"method":"PUT","url":"Patient/1","ifMatch":"W/\\"3\\""}},
      {"request":{"method":"DELETE","url":"Patient/2"}} ]`),
  );
  expect(read.type).toBe('transaction');
  expect(read.entries).toHaveLength(2);
  expect(read.entries[0]).toMatchObject({
    index: 0,
    fullUrl: 'urn:uuid:1',
    method: 'PUT',
    url: 'Patient/1',
    ifMatch: 'W/"3"',
  });
  expect(read.entries[0]!.resource).toEqual({ text: resource, type: 'Patient', value: JSON.parse(resource) });
  expect(read.entries[1]).toMatchObject({ index: 1, method: 'DELETE', resource: undefined });
});

it('takes a Bundle without entries', () => {
  expect(readBundle(parseResource('{"resourceType":"Bundle","type":"batch"}'))).toEqual({ type: 'batch', entries: [] });
});

const patient = '"resource":{"resourceType":"Patient"}';
it.each([
  ['[1]', 'structure', 'Bundle.entry[0]'],
  [`[{${patient}}]`, 'required', 'Bundle.entry[0].request'],
  [`[{${patient},"request":[]}]`, 'structure', 'Bundle.entry[0].request'],
  [`[{${patient},"request":{"url":"Patient"}}]`, 'required', 'Bundle.entry[0].request.method'],
  [`[{${patient},"request":{"method":"post","url":"Patient"}}]`, 'value', 'Bundle.entry[0].request.method'],
  [`[{${patient},"request":{"method":"POST"}}]`, 'required', 'Bundle.entry[0].request.url'],
  ['[{"request":{"method":"POST","url":"Patient"}}]', 'required', 'Bundle.entry[0].resource'],
  ['[{"request":{"method":"POST","url":"Patient"},"resource":[]}]', 'structure', 'Bundle.entry[0].resource'],
  ['[{"request":{"method":"POST","url":"Patient"},"resource":{}}]', 'structure', 'Bundle.entry[0].resource'],
  ['[{"request":{"method":"GET","url":"Patient","ifMatch":1}}]', 'structure', 'Bundle.entry[0].request.ifMatch'],
  ['{}', 'structure', 'Bundle.entry'],
])('refuses %s', (entry, code, expression) => {
  expect(() => readBundle(bundle(entry))).toThrow(
    expect.objectContaining({ status: 400, issues: [expect.objectContaining({ code, expression })] }),
  );
});

it('refuses other types of Bundle, and what is no Bundle', () => {
  expect(() => readBundle(bundle('[]', 'collection'))).toThrow(FhirError);
  expect(() => readBundle(parseResource('{"resourceType":"Bundle"}'))).toThrow('batch or transaction');
  expect(() => readBundle(parseResource('{"resourceType":"Patient"}'))).toThrow('Only a Bundle');
});
