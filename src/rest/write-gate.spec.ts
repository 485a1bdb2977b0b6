// Which requests are writes, and of what.
import { writeKindOf, type WriteKind } from './write-gate';

const cases: readonly (readonly [string, string, WriteKind])[] = [
  ['GET', '/Patient/1', 'none'],
  ['HEAD', '/Patient/1', 'none'],
  ['OPTIONS', '/Patient', 'none'],
  ['POST', '/Patient/_search', 'none'],
  ['POST', 'Patient/_search?_count=1', 'none'],
  ['POST', '/Patient', 'resource'],
  ['PUT', 'Patient/1', 'resource'],
  ['DELETE', '/Patient/1?x=y', 'resource'],
  ['PATCH', '/Patient/1', 'resource'],
  ['PUT', '/Subscription/1', 'subscription'],
  ['DELETE', 'Subscription/1', 'subscription'],
  ['POST', '/Subscription/1/$resend', 'subscription'],
  ['POST', '/SubscriptionTopic', 'resource'],
  ['POST', '/', 'bundle'],
  ['POST', '', 'bundle'],
  ['POST', '?_format=json', 'bundle'],
];

it.each(cases)('%s %s is %s', (method, path, kind) => {
  expect(writeKindOf(method, path)).toBe(kind);
});
