import { definitionsFor } from '../versions/versions';
import { parseResource } from './parse-resource';
import { rewriteReferences } from './references';

const r4 = definitionsFor('R4');
const uuid = 'urn:uuid:0b2c9a2e-43b7-4b7c-9c4e-0a4d8a0d1f11';
const map = new Map([
  [uuid, 'Patient/17'],
  ['http://other.example/fhir/Organization/1', 'Organization/18'],
]);
const rewrite = (body: string): string => rewriteReferences(parseResource(body), map, r4).text;

it.each([
  ['Reference.reference', `{"resourceType":"Observation", "subject":{ "reference" : "${uuid}" }, "x":1.00}`],
  ['in arrays and backbones', `{"resourceType":"Patient","link":[{"other":{"reference":"${uuid}"}}]}`],
  ['in extensions', `{"resourceType":"Patient","extension":[{"url":"u","valueReference":{"reference":"${uuid}"}}]}`],
  [
    'in extensions of primitives',
    `{"resourceType":"Patient","_birthDate":{"extension":[{"url":"u","valueUri":"${uuid}"}]}}`,
  ],
  [
    'in contained resources',
    `{"resourceType":"Patient","contained":[{"resourceType":"Observation","subject":{"reference":"${uuid}"}}]}`,
  ],
  ['url elements', `{"resourceType":"DocumentReference","content":[{"attachment":{"url":"${uuid}"}}]}`],
])('rewrites %s and nothing else', (_what, body) => {
  expect(rewrite(body)).toBe(body.replace(uuid, 'Patient/17'));
});

it('rewrites absolute references and keeps fragments', () => {
  const body = `{"resourceType":"Observation","performer":[{"reference":"http:\\/\\/other.example\\/fhir\\/Organization\\/1"},{"reference":"${uuid}#x"}]}`;
  expect(rewrite(body)).toBe(
    '{"resourceType":"Observation","performer":[{"reference":"Organization/18"},{"reference":"Patient/17#x"}]}',
  );
});

it('rewrites links and images of the narrative, however quotes and brackets are written', () => {
  const body = `{"resourceType":"Patient","text":{"status":"generated","div":"<div><a title=\\"x\\" href=\\"${uuid}\\">1.00 \\n</a><img src='${uuid}'/></div>"}}`;
  expect(rewrite(body)).toBe(body.replaceAll(uuid, 'Patient/17'));
  const hidden = `{"resourceType":"Patient","text":{"status":"generated","div":"\\u003cdiv>\\u003ca href=\\"${uuid}\\">x\\u003c/a>\\u003c/div>"}}`;
  expect((JSON.parse(rewrite(hidden)) as { text: { div: string } }).text.div).toBe(
    '<div><a href="Patient/17">x</a></div>',
  );
});

it.each([
  ['canonical elements', `{"resourceType":"Observation","meta":{"profile":["${uuid}"]}}`],
  ['strings', `{"resourceType":"Observation","valueString":"${uuid}"}`],
  ['texts of the narrative', `{"resourceType":"Patient","text":{"div":"<div>${uuid}</div>"}}`],
  ['other references', '{"resourceType":"Observation","subject":{"reference":"urn:uuid:other"}}'],
  ['unknown elements', `{"resourceType":"Observation","nonsense":{"reference":"${uuid}"}}`],
])('leaves %s alone, and then gives the same object back', (_what, body) => {
  const parsed = parseResource(body);
  expect(rewriteReferences(parsed, map, r4)).toBe(parsed);
});

it('keeps value and text together', () => {
  const result = rewriteReferences(
    parseResource(`{"resourceType":"Observation","subject":{"reference":"${uuid}"}}`),
    map,
    r4,
  );
  expect(result.value).toEqual({ resourceType: 'Observation', subject: { reference: 'Patient/17' } });
});

it("is linear in hostile narrative: it ends within the runner's deadline", () => {
  const div = `<div>${'<a '.repeat(200_000)}${"<a href='".repeat(100_000)}</div>`;
  const text = JSON.stringify({ resourceType: 'Patient', text: { div } });
  expect(rewrite(text) === text).toBe(true);
});
