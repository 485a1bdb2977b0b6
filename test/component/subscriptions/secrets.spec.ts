// Header secrets (S4.7): split off, encrypted, masked wherever a Subscription is shown, kept when the mask comes back.
import { incarnationOf, readDeliverySubscriptions, SecretBox, verifySecretKey } from '../../../src/subscriptions';
import { context, createWorld, get, parsed, put, settings, subscribe, subscription, type World } from './world';

const marker = 'marker-4711';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

async function headersOf(id: string, box = world.secrets) {
  const { database } = world.test;
  const { subscriptionKey } = (await incarnationOf(database, 'default', id))!;
  return (await readDeliverySubscriptions(database, [subscriptionKey], box)).get(subscriptionKey)!;
}

it('never lets a value into any table but as ciphertext', async () => {
  const header = [`Authorization: Bearer ${marker}`, `X-Api-Key: ${marker}`];
  await subscribe(world, subscription('Patient', { id: 'secret', channel: { header } }));
  await put(world, subscription('Patient', { id: 'secret', channel: { header: [`X-Api-Key: second-${marker}`] } }));
  const { rows: tables } = await world.test.database.query<{ name: string }>({
    text: `select table_name as name from information_schema.tables where table_schema = 'public'`,
    values: [],
  });
  expect(tables.map((table) => table.name)).toEqual(
    expect.arrayContaining(['resource_version', 'subscription_secret']),
  );
  for (const { name } of tables) {
    const { rows } = await world.test.database.query<{ hits: number }>({
      text: `select count(*) as hits from "${name}" t where t::text like '%${marker}%'
        or t::text like '%${Buffer.from(marker).toString('hex')}%'`,
      values: [],
    });
    expect([name, rows[0]!.hits]).toEqual([name, 0]);
  }
});

it('masks in read, vread, history and search, and in the answer of the write', async () => {
  const header = ['X-B: b-' + marker, 'X-A: a-' + marker];
  const written = await put(world, subscription('Patient', { id: 'masked', channel: { header } }));
  expect(written['channel']).toMatchObject({ header: ['X-B: ***', 'X-A: ***'] });
  expect((await get(world, 'Subscription', 'masked'))['channel']).toMatchObject({ header: ['X-B: ***', 'X-A: ***'] });
  const shown = JSON.stringify([
    await world.store.readVersion('default', 'Subscription', 'masked', 1),
    await world.store.history('default', 'Subscription', 'masked', { count: 10 }),
  ]);
  expect(shown).not.toContain(marker);
});

it('a stored value never follows the endpoint to another origin', async () => {
  await subscribe(world, subscription('Patient', { id: 'moved', channel: { header: ['Authorization: Bearer one'] } }));
  const read = await get(world, 'Subscription', 'moved');
  const channel = read['channel'] as { endpoint: string };
  const to = (endpoint: string): Promise<unknown> => put(world, { ...read, channel: { ...channel, endpoint } });
  await expect(to('https://elsewhere.example/fhir')).rejects.toMatchObject({
    status: 422,
    issues: [{ expression: 'Subscription.channel.header[0]', text: expect.stringContaining('another origin') }],
  });
  await to(`${channel.endpoint}/deeper`);
  expect((await headersOf('moved')).headers).toEqual([['Authorization', 'Bearer one']]);
});

it('S4.7: keeps the stored value when the mask is sent back; a new value replaces it; what is left out is forgotten', async () => {
  const header = ['Authorization: Bearer one', 'X-Key: k1'];
  await subscribe(world, subscription('Patient', { id: 'kept', channel: { header } }));
  const read = await get(world, 'Subscription', 'kept');
  await put(world, { ...read, reason: 'another' });
  expect((await headersOf('kept')).headers).toEqual([
    ['Authorization', 'Bearer one'],
    ['X-Key', 'k1'],
  ]);
  expect((await headersOf('kept')).configVersion).toBe(1);
  const channel = { ...(read['channel'] as object), header: ['x-key: k2', 'Authorization:   ***'] };
  await put(world, { ...read, channel });
  expect(await headersOf('kept')).toMatchObject({
    configVersion: 4,
    headers: [
      ['x-key', 'k2'],
      ['Authorization', 'Bearer one'],
    ],
  });
  await put(world, { ...read, channel: { ...channel, header: [] } });
  const again = world.store.update(
    context,
    'kept',
    parsed({ ...read, channel: { ...channel, header: ['X-Key: ***'] } }),
  );
  await expect(again).rejects.toMatchObject({ status: 422 });
});

it('reports a value that does not open, and only that subscription', async () => {
  await subscribe(world, subscription('Patient', { id: 'open', channel: { header: ['X-Key: value'] } }));
  await subscribe(world, subscription('Patient', { id: 'plain' }));
  const other = new SecretBox('another key with at least 32 characters');
  expect(await headersOf('open', other)).toMatchObject({
    headers: [],
    unusable: expect.stringContaining('another key'),
  });
  expect((await headersOf('plain', other)).unusable).toBeUndefined();
  await expect(verifySecretKey(world.test.database, world.secrets)).resolves.toBeUndefined();
  await expect(verifySecretKey(world.test.database, other)).rejects.toThrow('another key');
});

it('shows deliverers the settings of the Subscription and the defaults of the server', async () => {
  const extension = [
    { url: 'urn:herald:ordering-key', valueCode: 'patient' },
    { url: 'urn:herald:error-after', valueDuration: { value: 0.5, unit: 's' } },
    { url: 'http://hapifhir.io/fhir/StructureDefinition/subscription-send-delete-messages', valueBoolean: true },
  ];
  await subscribe(world, subscription('Patient', { id: 'set', end: '2099-01-01T00:00:00Z', channel: { extension } }));
  expect(await headersOf('set')).toMatchObject({
    tenant: 'default',
    id: 'set',
    url: 'Subscription/set',
    family: 'criteria',
    status: 'active',
    endpoint: 'https://receiver.example.org/fhir',
    payload: 'application/fhir+json',
    orderingKey: 'patient',
    errorAfterMs: 500,
    errorAfterAttempts: 5,
    sendDeletes: true,
    mode: 'update',
    cap: 8,
    deadlineMs: 10_000,
    retryBaseMs: 1_000,
    poisonPolicy: 'skip',
    endsAt: new Date('2099-01-01T00:00:00Z'),
    headers: [],
  });
});

it('shows the values once, in the answer of the write that brought them, when configured so', async () => {
  const config = { ...settings, subscriptions: { ...settings.subscriptions, createReturnsSecrets: true } };
  const open = await createWorld({ config });
  const header = ['X-A: one', 'X-B: two'];
  const written = await put(open, subscription('Patient', { id: 's', channel: { header } }));
  expect(written['channel']).toMatchObject({ header });
  const read = await get(open, 'Subscription', 's');
  expect(read['channel']).toMatchObject({ header: ['X-A: ***', 'X-B: ***'] });
  const channel = { ...(read['channel'] as object), header: ['X-A: ***', 'X-B: three'] };
  expect((await put(open, { ...read, channel }))['channel']).toMatchObject({ header: ['X-A: ***', 'X-B: three'] });
  await open.stop();
});
