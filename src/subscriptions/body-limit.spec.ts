// What a Subscription and the server's defaults make of the limit of a body, and what is refused.
import type { CanonicalSubscription, ChannelSettings } from '../fhir';
import { bodyLimitIssues, resolveBodyLimit } from './body-limit';

type Settings = Partial<ChannelSettings>;
const none = {};

it.each<[string, Settings, object, object | undefined]>([
  ['nothing said anywhere', {}, none, undefined],
  ['both said', { bodyLimitBytes: 10, bodyOverLimit: 'park' }, none, { bytes: 10, beyond: 'park' }],
  [
    'its own limit, the server’s choice',
    { bodyLimitBytes: 10 },
    { bodyOverLimit: 'park' },
    { bytes: 10, beyond: 'park' },
  ],
  [
    'the server’s limit, its own choice',
    { bodyOverLimit: 'park' },
    { bodyLimitBytes: 9 },
    { bytes: 9, beyond: 'park' },
  ],
  ['the server’s', {}, { bodyLimitBytes: 9, bodyOverLimit: 'park' }, { bytes: 9, beyond: 'park' }],
  ['send against the server’s', { bodyOverLimit: 'send' }, { bodyLimitBytes: 9, bodyOverLimit: 'park' }, undefined],
  ['a choice without a limit', {}, { bodyLimitBytes: 0, bodyOverLimit: 'park' }, undefined],
])('resolves %s', (_, settings, defaults, expected) => {
  expect(resolveBodyLimit(settings, defaults)).toEqual(expected);
});

it.each<[string, Settings, object, string | undefined]>([
  ['a limit alone', { bodyLimitBytes: 10 }, none, 'body-limit'],
  ['a limit with the server’s choice', { bodyLimitBytes: 10 }, { bodyOverLimit: 'park' }, undefined],
  ['a limit and send, said aloud', { bodyLimitBytes: 10, bodyOverLimit: 'send' }, none, undefined],
  ['park without a limit', { bodyOverLimit: 'park' }, none, 'body-over-limit'],
  ['park with the server’s limit', { bodyOverLimit: 'park' }, { bodyLimitBytes: 9 }, undefined],
  ['by reference in place of a PUT', { bodyLimitBytes: 10, bodyOverLimit: 'by-reference' }, none, 'body-over-limit'],
  [
    'by reference in place of a POST',
    { bodyLimitBytes: 10, bodyOverLimit: 'by-reference', deliveryMode: 'webhook' },
    none,
    undefined,
  ],
])('judges %s', (_, settings, defaults, refused) => {
  const names = ['body-limit', 'body-over-limit'];
  const extensions = names.map((name) => ({ url: `urn:herald:${name}` }));
  const subscription = { channel: { type: 'rest-hook', headers: [], extensions } } as unknown as CanonicalSubscription;
  const issues = bodyLimitIssues(subscription, settings, defaults, { channel: 'Subscription.channel' });
  const path = refused && `Subscription.channel.extension[${names.indexOf(refused)}]`;
  expect(issues.map(({ expression }) => expression)).toEqual(path ? [path] : []);
});
