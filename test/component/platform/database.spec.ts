import { createTestDatabase, type TestDatabase } from '../../support/database';
import { DatabaseClock, holdDuty, isTransient, releaseDuty, type Tx } from '../../../src/platform';
import { FakeClock } from '../../support/fake-clock';
import { Line } from '../../support/line';

const sql = (text: string, ...values: unknown[]) => ({ text, values });

describe('database', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
    await test.database.query(sql('create table counted (id int primary key, n int not null)'));
    await test.database.query(sql('insert into counted values (1, 0), (2, 0)'));
  });
  afterAll(() => test.drop());

  it('reads int8 as numbers, refuses those beyond 2^53, keeps xid8 as text and infinity as Infinity', async () => {
    const { rows } = await test.database.query(
      sql(`select 9007199254740991::int8 as n, array[1, null, -2]::int8[] as list, '{}'::int8[] as none,
        pg_current_xact_id() as xid, 'infinity'::timestamptz as never`),
    );
    expect(rows[0]).toMatchObject({ n: 9007199254740991, list: [1, null, -2], none: [], never: Infinity });
    expect(typeof rows[0]!['xid']).toBe('string');
    await expect(test.database.query(sql('select 9007199254740993::int8 as n'))).rejects.toThrow('beyond 2^53');
    await expect(test.database.ping()).resolves.toBeLessThan(5000);
  });

  it('applies settings and the statement timeout to every session', async () => {
    const database = test.open({ poolMax: 2, settings: { jit: 'off', work_mem: '7MB' }, statementTimeoutMs: 50 });
    const { rows } = await database.query(
      sql(`select current_setting('jit') as jit, current_setting('work_mem') as mem`),
    );
    expect(rows[0]).toEqual({ jit: 'off', mem: '7MB' });
    await expect(database.query(sql('select pg_sleep(5)'))).rejects.toMatchObject({ code: '57014' });
  });

  it('a line that swallows everything without a farewell is given up, in a transaction too, and the next one serves', async () => {
    const line = await Line.open();
    line.aim(Number(new URL(test.url).port));
    const database = test.open({ url: line.through(test.url), poolMax: 1, statementTimeoutMs: 500 });
    const isLost = expect.objectContaining({ message: 'Query read timeout' });
    for (const ask of [
      () => database.query(sql('select 1 as n')),
      () => database.transaction((tx) => tx.query(sql('select 1 as n'))),
    ]) {
      expect((await ask()).rows).toEqual([{ n: 1 }]);
      expect(line.forget()).toBe(1);
      const error = await ask().catch((reason: unknown) => reason);
      expect(error).toEqual(isLost);
      expect(isTransient(error)).toBe(true);
      expect((await ask()).rows).toEqual([{ n: 1 }]);
    }
    await line.close();
  });

  it('commits what resolves and rolls back what throws', async () => {
    const { database } = test;
    await database.transaction((tx) => tx.query(sql('update counted set n = 1 where id = 1')));
    const failing = database.transaction(async (tx) => {
      await tx.query(sql('update counted set n = 2 where id = 1'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await database.query(sql('select n from counted where id = 1'))).rows).toEqual([{ n: 1 }]);
  });

  it('does not report a commit when a failed statement was swallowed', async () => {
    const swallowing = test.database.transaction(async (tx) => {
      await tx.query(sql('select 1 / 0')).catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow('rolled back');
  });

  it('what is sent without waiting for its answer is committed with the rest; when it fails, nothing is, and its error is told', async () => {
    const { database } = test;
    const { answer } = await database.transaction(async (tx) => ({
      answer: tx.send(sql('update counted set n = 7 where id = 1 returning n')),
    }));
    expect((await answer).rows).toEqual([{ n: 7 }]);
    const now = async () => (await database.query(sql('select n from counted where id = 1'))).rows;
    expect(await now()).toEqual([{ n: 7 }]);
    const failing = database.transaction(async (tx) => {
      await tx.query(sql('update counted set n = 8 where id = 1'));
      void tx.send(sql('select 1 / 0'));
    });
    await expect(failing).rejects.toThrow('division by zero');
    const leaving = database.transaction(async (tx) => {
      void tx.send(sql('select 1 / 0'));
      throw new Error('no');
    });
    await expect(leaving).rejects.toThrow('no');
    expect(await now()).toEqual([{ n: 7 }]);
  });

  it('what is flushed later is so alone: the next transaction of the same connection waits for the disk', async () => {
    const database = test.open({ poolMax: 1, settings: { synchronous_commit: 'on' } });
    const setting = async (tx: Tx) =>
      (await tx.query(sql(`select current_setting('synchronous_commit') as waits`))).rows[0]!['waits'];
    for (const isEager of [true, false]) {
      expect(await database.transaction(setting, { isEager, isFlushedLater: true })).toBe('off');
      expect(await database.transaction(setting, { isEager })).toBe('on');
    }
  });

  it('repeats the whole transaction after a deadlock', async () => {
    const { database } = test;
    let attempts = 0;
    let meet: () => void = () => undefined;
    const bothHoldOne = new Promise<void>((resolve) => (meet = resolve));
    let holding = 0;
    const cross = (first: number, second: number) =>
      database.transaction(async (tx) => {
        attempts += 1;
        await tx.query(sql('update counted set n = n + 1 where id = $1', first));
        holding += 1;
        if (holding === 2) meet();
        await bothHoldOne;
        await tx.query(sql('update counted set n = n + 1 where id = $1', second));
      });
    await database.query(sql('update counted set n = 0'));
    await Promise.all([cross(1, 2), cross(2, 1)]);
    // The one that was rolled back may be quick enough to get its first row once more: then they meet again.
    expect(attempts).toBeGreaterThanOrEqual(3);
    expect((await database.query(sql('select n from counted order by id'))).rows).toEqual([{ n: 2 }, { n: 2 }]);
  });

  it('I19: a killed backend fails its statement as transient and the pool goes on', async () => {
    const database = test.open({ poolMax: 2 });
    const killed = database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>(sql('select pg_backend_pid() as pid'));
      await test.database.query(sql('select pg_terminate_backend($1)', rows[0]!.pid));
      await tx.query(sql('select 1'));
    });
    const error: unknown = await killed.catch((reason: unknown) => reason);
    expect(isTransient(error)).toBe(true);
    await expect(database.ping()).resolves.toBeGreaterThan(0);
  });

  it('tells transient errors from others', async () => {
    const nowhere = test.open({ url: 'postgres://a:b@127.0.0.1:1/x', poolMax: 1 });
    expect(isTransient(await nowhere.ping().catch((error: unknown) => error))).toBe(true);
    expect(isTransient(await test.database.query(sql('selec')).catch((error: unknown) => error))).toBe(false);
  });

  it.each(['53100', '53200', '53300'])(
    '%s: what the server has no room for at this moment may succeed later',
    (code) => {
      expect(isTransient(Object.assign(new Error('out of it'), { code }))).toBe(true);
    },
  );

  it('measures the time of the database', async () => {
    const clock = await DatabaseClock.measure(test.database);
    const { rows } = await test.database.query<{ t: Date }>(sql('select clock_timestamp() as t'));
    expect(Math.abs(clock.now().getTime() - rows[0]!.t.getTime())).toBeLessThan(500);
    expect(Math.abs(await clock.remeasure(test.database))).toBeLessThan(500);
  });

  it('lets one holder have a duty, with a higher epoch for each change of hands', async () => {
    const { database } = test;
    const clock = new FakeClock();
    const hold = (holder: string) => holdDuty(database, clock, 'relay', holder, 1000);
    expect(await hold('a')).toEqual({ epoch: 1 });
    expect(await hold('b')).toBeUndefined();
    expect(await hold('a')).toEqual({ epoch: 1 });
    await clock.advance(1000);
    expect(await hold('b')).toEqual({ epoch: 2 });
    await releaseDuty(database, clock, 'relay', 'a');
    expect(await hold('a')).toBeUndefined();
    await releaseDuty(database, clock, 'relay', 'b');
    expect(await hold('a')).toEqual({ epoch: 3 });
    expect((await Promise.all(['c', 'd', 'e'].map(hold))).every((duty) => duty === undefined)).toBe(true);
  });
});
