// POST and GET /admin/$reindex: asked for with a reason, done by a duty, visible, logged, and no event comes of it.
import { eventually } from '../../support/deadline';
import { startHerald, type Herald } from '../../support/herald';

let herald: Herald;
beforeAll(async () => {
  herald = await startHerald();
});
afterAll(async () => herald?.stop());

const headers = { 'content-type': 'application/json' };
const ask = (body: object) => herald.call('POST', '/admin/$reindex', { headers, body });
const count = async (table: string): Promise<number> =>
  (await herald.database.database.query<{ n: number }>({ text: `select count(*) as n from ${table}`, values: [] }))
    .rows[0]!.n;

it('S4.36: rebuilds while serving, in the background, and tells how far it is', async () => {
  const { body: written } = await herald.post({ resourceType: 'Patient', gender: 'male' } as never);
  await herald.database.database.query({ text: `update resource set tokens = '{}'`, values: [] });
  const search = async () => (await herald.get('Patient?gender=male')).body.total;
  expect(await search()).toBe(0);
  const events = await count('outbox');
  const answer = await ask({ reason: 'the index was damaged' });
  expect(answer).toMatchObject({ status: 202, body: { types: expect.any(Number) } });
  await eventually(async () => (await herald.get('/admin/$reindex')).body.done, { deadlineMs: 60_000 });
  expect(await search()).toBe(1);
  const { body } = await herald.get('/admin/$reindex');
  expect(body.types.find((each: any) => each.type === 'Patient')).toMatchObject({
    state: 'done',
    examined: 1,
    rebuilt: 1,
  });
  expect(body.types.length).toBeGreaterThan(140);
  expect(await count('outbox')).toBe(events);
  expect((await herald.get(`Patient/${written.id}`)).body).toEqual(written);
  const log = await herald.get('/admin/operator-log?verb=reindex');
  expect(log.body.entries).toMatchObject([
    { verb: 'reindex', reason: 'the index was damaged', filter: { type: 'all' } },
  ]);
});

it('takes one type, and refuses what is none, an unknown parameter and a missing reason', async () => {
  expect((await ask({ reason: 'x', type: 'Observation' })).body.types).toBe(1);
  for (const body of [{ reason: 'x', type: 'Nothing' }, { type: 'Patient' }, { reason: 'x', colour: 'red' }])
    expect((await ask(body)).status).toBe(400);
  expect((await herald.get('/admin/$reindex?type=Patient')).status).toBe(400);
});
