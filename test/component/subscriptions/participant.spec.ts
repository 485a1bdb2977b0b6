// Admission of Subscriptions (S4.2, S4.3, S2.3), the status as the server owns it (S4.9), ends, incarnations.
import { FhirError, parseResource, type FhirResource } from '../../../src/fhir';
import { incarnationOf } from '../../../src/subscriptions';
import { bodyOf, context, createWorld, get, parsed, put, subscribe, subscription, type World } from './world';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

async function refusal(resource: FhirResource): Promise<FhirError> {
  return world.store.create(context, parsed(resource)).then(
    () => {
      throw new Error('It was accepted');
    },
    (error: unknown) => {
      if (error instanceof FhirError) return error;
      throw error;
    },
  );
}

const channel = (changes: Record<string, unknown>) => subscription('Patient', { channel: changes });
const setting = (name: string, value: Record<string, unknown>) =>
  channel({ extension: [{ url: `urn:herald:${name}`, ...value }] });

describe('S4.2: refuses, each naming the element', () => {
  it.each<[string, FhirResource, string, RegExp]>([
    ['another channel type', channel({ type: 'email' }), 'Subscription.channel.type', /email/],
    ['a plain http endpoint', channel({ endpoint: 'http://example.org' }), 'Subscription.channel.endpoint', /https/],
    ['no endpoint', channel({ endpoint: undefined }), 'Subscription.channel.endpoint', /endpoint/],
    [
      'an unknown parameter',
      subscription('Patient?managing-organization=1'),
      'Subscription.criteria',
      /managing-organization/,
    ],
    ['_sort in criteria', subscription('Patient?_sort=name'), 'Subscription.criteria', /_sort/],
    ['_count in criteria', subscription('Patient?_count=5'), 'Subscription.criteria', /_count/],
    [
      '_include in criteria',
      subscription('Observation?_include=Observation:patient'),
      'Subscription.criteria',
      /_include/,
    ],
    ['an XML payload', channel({ payload: 'application/fhir+xml' }), 'Subscription.channel.payload', /not served yet/],
    ['another payload', channel({ payload: 'text/csv' }), 'Subscription.channel.payload', /text\/csv/],
    [
      'criteria that are too long once they are encoded',
      subscription(`Patient?name=${'a+'.repeat(60_000)}b`),
      'Subscription.criteria',
      /special characters encoded/,
    ],
    ['no criteria', subscription(undefined as unknown as string), 'Subscription.criteria', /criteria/],
    ['no channel', { ...subscription('Patient'), channel: undefined }, 'Subscription.channel', /channel/],
    ['status error', subscription('Patient', { status: 'error' }), 'Subscription.status', /Only the server/],
    ['an unknown status', subscription('Patient', { status: 'on' }), 'Subscription.status', /requested/],
    ['an end that is no instant', subscription('Patient', { end: '2031-01-01' }), 'Subscription.end', /instant/],
    ['an end on no day', subscription('Patient', { end: '2031-02-30T00:00:00Z' }), 'Subscription.end', /instant/],
    ['a topic by its criteria', subscription('http://example.org/topic'), 'Subscription.criteria', /topic/],
    [
      'a topic by its profile',
      subscription('Patient', {
        meta: { profile: ['http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription'] },
      }),
      'Subscription.criteria',
      /topic/,
    ],
    [
      'a topic by an extension',
      channel({
        extension: [
          {
            url: 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-timeout',
            valueUnsignedInt: 5,
          },
        ],
      }),
      'Subscription.criteria',
      /topic/,
    ],
    ['criteria of no type', subscription('NoSuchType?x=1'), 'Subscription.criteria', /NoSuchType/],
    [
      'an unknown setting',
      setting('no-such', { valueBoolean: true }),
      'Subscription.channel.extension[0]',
      /no extension/,
    ],
    [
      'a setting of the wrong type',
      setting('cap', { valueString: '3' }),
      'Subscription.channel.extension[0]',
      /valuePositiveInt/,
    ],
    [
      'a setting out of range',
      setting('cap', { valuePositiveInt: 65 }),
      'Subscription.channel.extension[0]',
      /1 to 64/,
    ],
    [
      'I26: a deadline that does not fit into the lease',
      setting('deadline', { valueDuration: { value: 16, code: 's' } }),
      'Subscription.channel.extension[0]',
      /15 s/,
    ],
    [
      'a poison policy that is none',
      setting('poison-policy', { valueCode: 'drop' }),
      'Subscription.channel.extension[0]',
      /skip/,
    ],
    [
      'S2.7: a limit of the body that nothing follows from',
      setting('body-limit', { valuePositiveInt: 1_000 }),
      'Subscription.channel.extension[0]',
      /body-over-limit with park or by-reference/,
    ],
    [
      'S2.7: parking without a limit',
      setting('body-over-limit', { valueCode: 'park' }),
      'Subscription.channel.extension[0]',
      /needs a limit/,
    ],
    [
      'S2.7: by reference where a PUT would have no body',
      channel({
        extension: [
          { url: 'urn:herald:body-limit', valuePositiveInt: 1_000 },
          { url: 'urn:herald:body-over-limit', valueCode: 'by-reference' },
        ],
      }),
      'Subscription.channel.extension[1]',
      /webhook/,
    ],
    ['S2.3: a header that is framing', channel({ header: ['Host: x'] }), 'Subscription.channel.header[0]', /Host/],
    [
      'S2.3: a header without a colon',
      channel({ header: ['Bearer'] }),
      'Subscription.channel.header[0]',
      /Name: value/,
    ],
    [
      'S2.3: headers as one string',
      channel({ header: 'Authorization: x' }),
      'Subscription.channel.header',
      /list of strings/,
    ],
    ['a mask with nothing stored', channel({ header: ['X-Key: ***'] }), 'Subscription.channel.header[0]', /mask/],
  ])('%s', async (_, resource, expression, text) => {
    const error = await refusal(resource);
    expect(error.status).toBe(422);
    const issue = error.issues.find((one) => one.expression === expression);
    expect(issue).toMatchObject({ severity: 'error', expression });
    expect(issue!.text).toMatch(text);
  });

  it('says everything that is wrong at once', async () => {
    const error = await refusal(subscription('Patient?nope=1', { end: 'soon', channel: { header: ['Host: x'] } }));
    expect(error.issues.map((issue) => issue.expression)).toEqual([
      'Subscription.criteria',
      'Subscription.channel.header[0]',
      'Subscription.end',
    ]);
  });

  it('S4.3: inside a transaction, and then nothing of it is stored', async () => {
    const operations = [
      { kind: 'create' as const, id: 'bundle-patient', resource: parsed({ resourceType: 'Patient' }) },
      { kind: 'create' as const, resource: parsed(subscription('Patient?nope=1')) },
    ];
    await expect(world.store.transaction(context, operations)).rejects.toMatchObject({ status: 422 });
    expect(await world.store.read('default', 'Patient', 'bundle-patient')).toBeUndefined();
  });
});

describe('status', () => {
  it('is requested when stored and active moments later, with an event for both', async () => {
    const sent = subscription('Patient', { id: 'life', status: 'active' });
    expect(await put(world, sent)).toMatchObject({ status: 'requested', meta: { versionId: '1' } });
    await world.activation.activateRequested();
    expect(await get(world, 'Subscription', 'life')).toMatchObject({ status: 'active', meta: { versionId: '2' } });
    const { rows } = await world.test.database.query({
      text: `select version, interaction from outbox where type = 'Subscription' and id = 'life' order by seq`,
      values: [],
    });
    expect(rows).toEqual([
      { version: 1, interaction: 'create' },
      { version: 2, interaction: 'update' },
    ]);
  });

  it('keeps the client’s bytes where nothing has to change', async () => {
    const tail =
      ',  "status":"off","reason":"r","criteria":"Patient","channel":{"type":"rest-hook", "endpoint":"https://a.example"}}';
    const sent = parseResource(`{"resourceType":"Subscription"${tail}`);
    const { version } = await world.store.create(context, sent, { id: 'bytes' });
    expect(version!.body!.endsWith(tail)).toBe(true);
  });

  it('S4.9: read, change the reason, write back: still active', async () => {
    await subscribe(world, subscription('Patient', { id: 'rmw' }));
    const read = await get(world, 'Subscription', 'rmw');
    expect(await put(world, { ...read, reason: 'another reason' })).toMatchObject({
      status: 'active',
      reason: 'another reason',
    });
    const incarnation = await incarnationOf(world.test.database, 'default', 'rmw');
    expect(incarnation).toMatchObject({ status: 'active', isMatching: true, version: 3, configVersion: 1 });
  });

  it('error is the server’s: echoed it stays, its text cannot be changed, requested ends it', async () => {
    await subscribe(world, subscription('Patient', { id: 'err' }));
    const { subscriptionKey } = (await incarnationOf(world.test.database, 'default', 'err'))!;
    expect(await world.statusWriter.setError(subscriptionKey, `no answer\n${'x'.repeat(2_000)}`)).toBe(true);
    expect(await world.statusWriter.setError(subscriptionKey, 'again')).toBe(false);
    const read = await get(world, 'Subscription', 'err');
    expect(read).toMatchObject({ status: 'error', meta: { versionId: '3' } });
    expect(String(read['error'])).toMatch(/^no answer x+$/);
    expect(String(read['error'])).toHaveLength(1_000);
    const echoed = await put(world, { ...read, reason: 'echo', error: 'made up' });
    expect(echoed).toMatchObject({ status: 'error', error: read['error'] });
    const requested = await put(world, { ...echoed, status: 'requested' });
    expect(requested['error']).toBeUndefined();
    await world.activation.activateRequested();
    expect(await get(world, 'Subscription', 'err')).toMatchObject({ status: 'active' });
  });

  it('recovers from error to active, and leaves off to the client', async () => {
    await subscribe(world, subscription('Patient', { id: 'recover' }));
    const { subscriptionKey } = (await incarnationOf(world.test.database, 'default', 'recover'))!;
    await world.statusWriter.setError(subscriptionKey, 'down');
    expect(await world.statusWriter.setActive(subscriptionKey)).toBe(true);
    const read = await get(world, 'Subscription', 'recover');
    expect(read).toMatchObject({ status: 'active' });
    expect(read).not.toHaveProperty('error');
    expect(await world.statusWriter.setOff(subscriptionKey, '410 Gone')).toBe(true);
    expect(await get(world, 'Subscription', 'recover')).toMatchObject({ status: 'off', error: '410 Gone' });
    expect(await world.statusWriter.setActive(subscriptionKey)).toBe(false);
  });
});

describe('incarnations', () => {
  it('a delete ends one, a revive begins another, old keys can write nothing', async () => {
    await subscribe(world, subscription('Patient', { id: 'again', channel: { header: ['X-Key: marker'] } }));
    const first = (await incarnationOf(world.test.database, 'default', 'again'))!;
    await world.store.delete(context, 'Subscription', 'again');
    expect(await incarnationOf(world.test.database, 'default', 'again')).toMatchObject({
      subscriptionKey: first.subscriptionKey,
      alive: false,
      isMatching: false,
    });
    await put(world, subscription('Encounter', { id: 'again', channel: { header: ['X-Key: other'] } }));
    const second = (await incarnationOf(world.test.database, 'default', 'again'))!;
    expect(second).toMatchObject({ alive: true, status: 'requested', configVersion: 4 });
    expect(second.subscriptionKey).toBeGreaterThan(first.subscriptionKey);
    expect(await world.statusWriter.setError(first.subscriptionKey, 'late')).toBe(false);
    const secrets = await world.test.database.query({
      text: 'select subscription_key from subscription_secret where subscription_key = any($1)',
      values: [[first.subscriptionKey, second.subscriptionKey]],
    });
    expect(secrets.rows).toEqual([{ subscription_key: second.subscriptionKey }]);
  });

  it('numbers changes without a gap, also over refused writes', async () => {
    await Promise.allSettled(
      Array.from({ length: 24 }, async (_, i) => {
        if (i % 3 === 0) {
          await world.store.transaction(context, [
            { kind: 'delete', type: 'Subscription', id: `gap-${i - 1}` },
            { kind: 'create', resource: parsed(subscription('Patient?nope=1')) },
          ]);
        }
        await subscribe(world, subscription('Patient', { id: `gap-${i}` }));
        await world.store.delete(context, 'Subscription', `gap-${i}`);
      }),
    );
    const { rows } = await world.test.database.query<{ n: number; highest: number; counter: number }>({
      text: `select count(*) as n, max(change_no) as highest, (select last_change_no from subscription_change_counter) as counter
        from subscription_change`,
      values: [],
    });
    expect(rows[0]!.n).toBeGreaterThan(20);
    expect(rows[0]).toEqual({ n: rows[0]!.n, highest: rows[0]!.n, counter: rows[0]!.n });
  });
});

it('answers the version it stored', async () => {
  const { outcome, version } = await world.store.create(context, parsed(subscription('Patient')));
  expect(outcome).toBe('created');
  expect(bodyOf(version)).toMatchObject({ resourceType: 'Subscription', status: 'requested' });
});
