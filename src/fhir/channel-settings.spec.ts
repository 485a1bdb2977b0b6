// The settings of a channel: read by the table, refused by name, documented from it.
import fs from 'node:fs';
import path from 'node:path';
import { readChannelSettings } from './channel-settings';
import { channelSettingsPage } from './channel-settings-page';
import { CHANNEL_SETTINGS, HAPI_SEND_DELETES } from './extensions';

const limits = { deadlineMsMax: 15_000 };
const read = (...extensions: unknown[]) => readChannelSettings(extensions, 'Subscription.channel', limits);
const ours = (name: string, value: Record<string, unknown>) => ({ url: `urn:herald:${name}`, ...value });

it('reads every setting of the table', () => {
  const values = {
    valueCode: (codes: readonly string[]) => codes[0],
    valueBoolean: () => true,
    valueInstant: () => '2026-09-01T00:00:00+02:00',
    valuePositiveInt: () => 3,
    valueDecimal: () => 0.5,
    valueDuration: () => ({ value: 2, unit: 's', system: 'http://unitsofmeasure.org', code: 's' }),
  };
  const extensions = CHANNEL_SETTINGS.map(({ name, value }) =>
    ours(name, { [value.type]: values[value.type]('codes' in value ? value.codes : []) }),
  );
  const { settings, issues } = read(...extensions);
  expect(issues).toEqual([]);
  expect(settings).toEqual({
    orderingKey: 'none',
    deliveryMode: 'update',
    sendDeletes: true,
    startsAt: '2026-08-31T22:00:00.000Z',
    bodyLimitBytes: 3,
    bodyOverLimit: 'send',
    poisonPolicy: 'skip',
    cap: 3,
    ratePerSecond: 0.5,
    deadlineMs: 2_000,
    retryDelayMs: 2_000,
    retryForMs: 2_000,
    errorAfterMs: 2_000,
    errorAfterAttempts: 3,
    poisonAfterMs: 2_000,
    poisonAfterAttempts: 3,
  });
});

it.each([
  [{ value: 250, code: 'ms' }, 250],
  [{ value: 1.5, code: 's' }, 1_500],
  [{ value: 0.1, unit: 'min' }, 6_000],
])('reads the duration %j', (valueDuration, ms) => {
  expect(read(ours('deadline', { valueDuration })).settings).toEqual({ deadlineMs: ms });
});

it.each([
  ['a unit without a fixed length', ours('retry-for', { valueDuration: { value: 1, code: 'mo' } })],
  ['a unit called like a method', ours('retry-for', { valueDuration: { value: 1, code: 'toString' } })],
  ['a number without a unit', ours('retry-for', { valueDuration: { value: 1 } })],
  ['the wrong type', ours('retry-for', { valueInteger: 1 })],
  ['no value', ours('retry-for', {})],
  ['a rate of nothing', ours('rate', { valueDecimal: 0 })],
  ['a start without a zone', ours('start', { valueInstant: '2026-09-01T00:00:00' })],
  ['a start on no day', ours('start', { valueInstant: '2026-02-30T00:00:00Z' })],
  ['a fraction', ours('cap', { valuePositiveInt: 1.5 })],
  ['a code that is none', ours('ordering-key', { valueCode: 'resource' })],
  ['an unknown name', ours('retry-limit', { valuePositiveInt: 1 })],
  ['a deadline beyond the lease', ours('deadline', { valueDuration: { value: 15_001, code: 'ms' } })],
])('refuses %s, naming the extension', (_, extension) => {
  const { settings, issues } = read({ url: 'http://example.org/other' }, extension);
  expect(settings).toEqual({});
  expect(issues).toEqual([
    expect.objectContaining({ code: 'extension', expression: 'Subscription.channel.extension[1]' }),
  ]);
  expect(issues[0]!.text).toContain(extension.url);
});

it.each(['skip', 'block', 'error'])('takes the poison policy %s', (valueCode) => {
  expect(read(ours('poison-policy', { valueCode })).settings).toEqual({ poisonPolicy: valueCode });
});

it('refuses a repeated setting', () => {
  const twice = ours('cap', { valuePositiveInt: 2 });
  expect(read(twice, twice).issues[0]!.text).toContain('twice');
});

it('understands HAPI FHIR’s wish for deletes; ours counts when both stand there', () => {
  const theirs = { url: HAPI_SEND_DELETES, valueBoolean: true };
  const own = ours('send-deletes', { valueBoolean: false });
  expect(read(theirs).settings).toEqual({ sendDeletes: true });
  expect(read(theirs, own).settings).toEqual({ sendDeletes: false });
  expect(read(own, theirs).settings).toEqual({ sendDeletes: false });
});

it('is what docs/how-to/subscription-extensions.md says (tools/extensions-page.mjs writes it)', () => {
  const page = path.resolve(__dirname, '../../docs/how-to/subscription-extensions.md');
  expect(fs.readFileSync(page, 'utf8')).toBe(channelSettingsPage());
});
