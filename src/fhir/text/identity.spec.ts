import { joinBody, spliceIdentity } from './identity';
import { parseResource } from './parse-resource';

const at = new Date('2026-01-02T03:04:05.678Z');
const stored = (body: string): string => joinBody(spliceIdentity(parseResource(body), 'new'), 7, at);
const pair = '"versionId":"7","lastUpdated":"2026-01-02T03:04:05.678Z"';

it.each([
  ['adds what is missing', '{"resourceType":"Basic"}', `{"resourceType":"Basic","id":"new","meta":{${pair}}}`],
  [
    'adds behind resourceType wherever that stands',
    '{ "a":1.00, "resourceType" : "Basic" , "b":2 }',
    `{ "a":1.00, "resourceType" : "Basic","id":"new","meta":{${pair}} , "b":2 }`,
  ],
  [
    'replaces the id in place',
    '{"id" : "old","resourceType":"Basic"}',
    `{"id" : "new","resourceType":"Basic","meta":{${pair}}}`,
  ],
  [
    'keeps other parts of meta',
    '{"resourceType":"Basic","meta":{ "profile" : ["p"] },"id":"x"}',
    `{"resourceType":"Basic","meta":{${pair}, "profile" : ["p"] },"id":"new"}`,
  ],
  [
    'drops the version and time the client gave',
    '{"resourceType":"Basic","id":"x","meta":{"lastUpdated":"z", "tag":[{"code":"}"}], "versionId":"1"}}',
    `{"resourceType":"Basic","id":"new","meta":{${pair}, "tag":[{"code":"}"}]}}`,
  ],
  [
    'handles a meta of nothing else',
    '{"meta":{"versionId":"1"},"resourceType":"Basic"}',
    `{"meta":{${pair}},"resourceType":"Basic","id":"new"}`,
  ],
  [
    'handles an empty meta',
    '{"resourceType":"Basic","meta":{ }}',
    `{"resourceType":"Basic","id":"new","meta":{${pair}}}`,
  ],
  [
    'is not misled by deeper or quoted names',
    '{"resourceType":"Basic","code":{"id":"c","meta":1},"text":"\\"id\\":\\"q\\"","id":"x"}',
    `{"resourceType":"Basic","meta":{${pair}},"code":{"id":"c","meta":1},"text":"\\"id\\":\\"q\\"","id":"new"}`,
  ],
])('%s', (_what, body, expected) => {
  expect(stored(body)).toBe(expected);
});

it('can be stored again, and only the version changes', () => {
  const once = stored('{"resourceType":"Basic","meta":{"tag":[ {"code":"t"} ]},"value":1.10}');
  const again = joinBody(spliceIdentity(parseResource(once), 'new'), 8, at);
  expect(again).toBe(once.replace('"versionId":"7"', '"versionId":"8"'));
});
