// The duties of a running Herald: the audit finds what the rooms below the ledger have, wakes the matcher, and one process does it for all.
import { auditChecks } from '../../../src/app/duties';
import { DeliveryDoorbell, readAuditResult } from '../../../src/deliveries';
import { OutboxDoorbell } from '../../../src/outbox';
import { DutyWorker, SystemClock, type DutyTurn } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/deadline';
import { FakeClock } from '../../support/fake-clock';
import { startHerald, type Herald } from '../../support/herald';
import { silentLog } from '../../support/silent-log';
import { restHook, subscribe } from '../../support/subscription';
import { SubscriberStub } from '../../support/subscriber-stub';

// Hints and the audit only: the sweep that would do the same is asleep.
const env = { HERALD_MATCH_SWEEP: '1m', HERALD_AUDIT_INTERVAL: '1s' };

describe('the audit of a running Herald', () => {
  let herald: Herald;
  let receiver: SubscriberStub;
  beforeAll(async () => {
    receiver = await SubscriberStub.start();
    herald = await startHerald({ env });
  });
  afterAll(async () => {
    await herald?.stop();
    await receiver?.stop();
  });
  const result = () => readAuditResult(herald.database.database);

  it('finds nothing in a Herald that is well', async () => {
    await subscribe(herald, restHook('Patient', receiver.url));
    await herald.put({ resourceType: 'Patient', id: 'p' });
    await herald.drained();
    await eventually(async () => (await result()) !== undefined, { what: 'a first audit' });
    expect(await result()).toMatchObject({ repairsTotal: {}, alarmsTotal: {} });
  });

  it('I2: alarms at an event that is unmatched for more than a minute, and rings for its root', async () => {
    // Nobody matches here, so the event is found as often as anybody looks.
    const writer = await startHerald({ env, roles: 'api' });
    try {
      await writer.put({ resourceType: 'Patient', id: 'p' });
      const ask = (text: string) => writer.database.database.query<{ root_hash: number }>({ text, values: [] });
      const { rows } = await ask(
        `update outbox set written_at = written_at - interval '2 minutes' returning root_hash`,
      );
      await eventually(
        async () => ((await readAuditResult(writer.database.database))?.alarmsTotal['unmatched-event'] ?? 0) >= 1,
        { what: 'the alarm' },
      );
      const alarms = writer.logLines().filter((line) => line['msg'] === 'audit.alarm');
      expect(alarms[0]).toMatchObject({ kind: 'unmatched-event', count: 1 });
      expect((await writer.get('/metrics')).text).toMatch(/herald_audit_alarms_total{kind="unmatched-event"} [1-9]/);

      const { config, databases, clock } = writer.parts;
      const doorbells = { outbox: new OutboxDoorbell(), deliveries: new DeliveryDoorbell() };
      const rung: number[] = [];
      doorbells.outbox.onRing((roots) => rung.push(...roots));
      const check = auditChecks({ config, databases }, doorbells).find(({ name }) => name === 'unmatched')!;
      expect(await check.look(clock.now())).toMatchObject([{ kind: 'unmatched-event', action: 'alarm', count: 1 }]);
      expect(rung).toEqual(rows.map((row) => row.root_hash));
    } finally {
      await writer.stop();
    }
  });

  it('alarms at a transaction that has written and stays open, with who it is', async () => {
    const { config, databases, doorbells, clock } = herald.parts;
    const check = auditChecks({ config, databases }, doorbells).find(({ name }) => name === 'transactions')!;
    // Counted from each look: a slow machine may take long to come to the transaction.
    const late = (): Date => new Date(clock.now().getTime() + 6_000);
    expect((await check.look(late())).filter(({ count }) => count > 0)).toEqual([]);
    const writer = herald.database.open({ applicationName: 'a slow import' });
    await writer.transaction(async (tx) => {
      await tx.query({ text: `update leader set holder = holder`, values: [] });
      const [note] = (await check.look(late())).filter(({ count }) => count > 0);
      expect(note).toMatchObject({ kind: 'long-writes', action: 'alarm', count: 1 });
      expect(note!.detail).toMatchObject({ found: [{ application: 'a slow import', state: 'idle in transaction' }] });
    });
    await writer.transaction(async (tx) => {
      await tx.query({ text: 'set transaction isolation level repeatable read', values: [] });
      await tx.query({ text: 'select 1 from leader', values: [] });
      expect((await check.look(late())).filter(({ count }) => count > 0)).toEqual([]);
      const [note] = (await check.look(new Date(clock.now().getTime() + 601_000))).filter(({ count }) => count > 0);
      expect(note).toMatchObject({ kind: 'long-reads', count: 1 });
    });
  });
});

describe('a duty', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(async () => db.drop());
  const worker = (
    holder: string,
    clock: FakeClock | SystemClock,
    work: (turn: DutyTurn) => Promise<void>,
  ): DutyWorker =>
    new DutyWorker({
      duty: 'test',
      database: db.database,
      clock,
      log: silentLog,
      holder,
      intervalMs: 60_000,
      firstAfterMs: 0,
      work,
    });
  const never = new AbortController().signal;

  it('is done by one process; another takes over when its lease is over, and the first notices between two steps', async () => {
    const clock = new FakeClock();
    const done: string[] = [];
    const second = worker('second', clock, async () => void done.push('second'));
    const first = worker('first', clock, async (turn) => {
      expect(await turn.mayGoOn()).toBe(true);
      expect(await second.turn(never)).toBe(false);
      await clock.advance(200_000);
      expect(await second.turn(never)).toBe(true);
      expect(await turn.mayGoOn()).toBe(false);
      done.push('first');
    });
    expect(await first.turn(never)).toBe(true);
    expect(done).toEqual(['second', 'first']);
  });

  it('is given back at a stop, so that another process need not wait', async () => {
    const clock = new SystemClock();
    const stop = new AbortController();
    let started!: () => void;
    const isStarted = new Promise<void>((resolve) => (started = resolve));
    const running = worker('stopping', clock, async () => started()).run(stop.signal);
    await isStarted;
    stop.abort();
    await running;
    let turns = 0;
    expect(await worker('next', clock, async () => void (turns += 1)).turn(never)).toBe(true);
    expect(turns).toBe(1);
  });
});
