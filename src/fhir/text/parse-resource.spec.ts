import { FhirError } from '../outcome/outcome';
import { parseResource, resourceFromValue } from './parse-resource';

function refusal(body: string | Buffer): FhirError {
  try {
    parseResource(body);
  } catch (error) {
    if (error instanceof FhirError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

it('keeps the text as it is, but for white space and a byte-order mark around it', () => {
  const body = '{ "resourceType" : "Observation",\n "valueDecimal": 1.00 }';
  expect(parseResource(Buffer.from(`\ufeff \n${body}\n`))).toEqual({
    text: body,
    type: 'Observation',
    value: JSON.parse(body),
  });
});

it('makes a text for what the server itself wrote', () => {
  const parsed = resourceFromValue({ resourceType: 'Basic', id: '1' });
  expect(parsed).toEqual({
    text: '{"resourceType":"Basic","id":"1"}',
    type: 'Basic',
    value: { resourceType: 'Basic', id: '1' },
  });
});

it.each([
  ['{"resourceType":"Patient",}', 'line 1, column 27, "}" stands where name was expected'],
  ['{"resourceType":"Patient"\n "id":"1"}', 'line 2, column 2'],
  ['{\n  "a": [1, 2\n}', 'line 3, column 1, "}" stands where , or ] was expected'],
  ['{"a": tru}', 'line 1, column 7'],
  ['{"a": 01}', 'line 1, column 8'],
  ['{"a": "x', 'line 1, column 7, a string is not closed'],
  ['{"a": "\\x"}', 'line 1, column 7, a string'],
  ['{"a": 1} {', 'line 1, column 10, "{" stands where nothing more was expected'],
  ['{"a":', 'line 1, column 6, the text ends where value was expected'],
  ['', 'line 1, column 1, the text ends'],
  ['{"é😀": 😀}', 'line 1, column 9, "😀" stands'],
])('says where %j breaks', (body, place) => {
  const error = refusal(body);
  expect(error.status).toBe(400);
  expect(error.message).toContain(place);
});

it('finds the fault behind a string of megabytes', () => {
  expect(refusal(`{"a":"${'x'.repeat(5_000_000)}\\n","b":}`).message).toContain('line 1, column 5000015');
});

it('refuses bytes that are not UTF-8', () => {
  expect(refusal(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])).message).toContain('UTF-8');
});

it.each(['[]', '1', 'null', '"text"'])('refuses %s, which is no object', (body) => {
  expect(refusal(body)).toMatchObject({ status: 400, issues: [{ code: 'structure' }] });
});

it.each(['{}', '{"resourceType":1}', '{"resourceType":""}'])('refuses %s, which names no type', (body) => {
  expect(refusal(body).message).toContain('resourceType');
});

it.each([
  ['{"resourceType":"Patient","id":"1","id":"2"}', 'Patient.id'],
  ['{"resourceType":"Patient","name":[{"text":"a"},{"given":["b"],"text":"c","given":[]}]}', 'Patient.name[1].given'],
  ['{"resourceType":"Patient","id":"1","\\u0069d":"2"}', 'Patient.id'],
  ['{"id":"1","id":"2","resourceType":"Patient"}', 'Patient.id'],
  [`{"resourceType":"Patient",${Array.from({ length: 60 }, (_, i) => `"a${i}":1`).join()},"a40":2}`, 'Patient.a40'],
])('refuses a property given twice, by path: %s', (body, path) => {
  expect(refusal(body)).toMatchObject({ status: 400, issues: [{ code: 'structure', expression: path }] });
});

it('does not take equal names of different objects, or values, for duplicates', () => {
  const body =
    '{"resourceType":"Patient","a":{"id":"id"},"b":[{"id":1},{"id":2},"id","id"],"id":"a\\\\","c":"\\"id\\":1,"}';
  expect(parseResource(body).type).toBe('Patient');
});

it('bounds the depth', () => {
  const nested = (depth: number): string => `{"resourceType":"Patient","a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  expect(() => parseResource(nested(127))).not.toThrow();
  expect(refusal(nested(128)).message).toContain('128');
  expect(refusal(nested(100_000)).status).toBe(400);
  expect(() => parseResource(nested(3), { depthMax: 3 })).toThrow(FhirError);
});
