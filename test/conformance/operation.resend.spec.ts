// $resend keeps the contract of operations, and its own parameters are checked one by one.
import { startHerald, type Herald } from '../support/herald';
import { restHook } from '../support/subscription';
import { operationSuite } from './operation';

const prepare = async (herald: Herald): Promise<string> =>
  (await herald.post(restHook('Patient', 'http://127.0.0.1:8099/fhir'))).body.id as string;

operationSuite({
  type: 'Subscription',
  code: 'resend',
  prepare,
  parameters: [{ name: 'failedOnly', valueBoolean: true }],
  status: 202,
});

describe('parameters of $resend', () => {
  let herald: Herald;
  let id: string;
  beforeAll(async () => {
    herald = await startHerald();
    id = await prepare(herald);
  });
  afterAll(async () => herald?.stop());

  it.each([
    [[], 400, /eventId, since, until or failedOnly/],
    [[{ name: 'failedOnly', valueString: 'true' }], 400, /valueBoolean/],
    [[{ name: 'failedOnly', valueBoolean: false }], 400, /eventId, since/],
    [[{ name: 'since', valueInstant: '2026-01-01' }], 400, /seconds and zone/],
    [[{ name: 'since', valueDateTime: '2026-13-01T00:00:00Z' }], 400, /seconds and zone/],
    [
      [
        { name: 'since', valueInstant: '2026-02-01T00:00:00Z' },
        { name: 'until', valueInstant: '2026-01-01T00:00:00Z' },
      ],
      400,
      /later than since/,
    ],
    [[{ name: 'eventId', valueString: '' }], 400, /not empty/],
    [
      [
        { name: 'failedOnly', valueBoolean: true },
        { name: 'policy', valueCode: 'latest' },
      ],
      422,
      /as-recorded/,
    ],
    [
      [
        { name: 'failedOnly', valueBoolean: true },
        { name: 'policy', valueCode: 'newest' },
      ],
      400,
      /as-recorded or latest/,
    ],
    [[{ name: 'eventId', valueString: 'no-such-event' }], 202, undefined],
  ])('%j is answered with %i', async (parameter, status, text) => {
    const sent = { resourceType: 'Parameters', parameter };
    const answer = await herald.call('POST', `Subscription/${id}/$resend`, { body: sent });
    expect(answer.status).toBe(status);
    if (text) expect(answer.body.issue[0].diagnostics ?? answer.body.issue[0].details.text).toMatch(text);
    else expect(answer.body.parameter[0]).toEqual({ name: 'count', valueInteger: 0 });
  });
});
