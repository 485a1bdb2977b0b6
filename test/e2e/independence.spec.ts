// Delivery never runs inside the write request, and what waits survives the process.
import { SubscriberStub } from '../support/subscriber-stub';
import { startHerald } from '../support/herald';
import { HeraldProcess } from '../support/herald-process';
import { createTestDatabase } from '../support/database';
import { judge } from '../support/deliveries';
import { restHook, subscribe } from '../support/subscription';

const patient = (id: string, rest: object = {}): any => ({ resourceType: 'Patient', id, ...rest });

it('S1.9: a write is answered although its receiver never answers, and no request waits for one', async () => {
  const herald = await startHerald();
  const receiver = await SubscriberStub.start({ answer: () => ({ hang: true }) });
  try {
    await subscribe(herald, restHook('Patient', receiver.url));
    const writes = Array.from({ length: 50 }, (_, n) => herald.put(patient(`w${n}`)));
    expect((await Promise.all(writes)).map((answer) => answer.status)).toEqual(Array(50).fill(201));
    await receiver.waitFor((stub) => stub.inFlight > 0);
    // All deliveries hang by now; a write is still answered.
    expect((await herald.put(patient('after'))).status).toBe(201);
    expect(receiver.requests.filter((request) => request.endedAt !== undefined)).toEqual([]);
  } finally {
    await receiver.stop();
    await herald.stop();
  }
});

it('S1.9: a process without the delivering role answers writes and sends nothing; S1.12: what waits is sent by the next one', async () => {
  const database = await createTestDatabase();
  const receiver = await SubscriberStub.start();
  let herald = await HeraldProcess.start({ databaseUrl: database.url });
  try {
    await subscribe(herald, restHook('Patient', receiver.url));
    expect(await herald.stop()).toBe(0);
    herald = await HeraldProcess.start({ ...herald.options, roles: 'api,matcher' });
    for (let version = 1; version <= 10; version += 1) {
      await Promise.all(
        Array.from({ length: 10 }, (_, n) => herald.put(patient(`p${n}`, { birthDate: `19${10 + version}` }))),
      );
    }
    expect(await herald.stop()).toBe(0);
    expect(receiver.requests).toEqual([]);

    herald = await HeraldProcess.start({ ...herald.options, roles: undefined });
    await receiver.received(100, 20_000);
    expect(judge(receiver.processed)).toEqual({
      distinct: 100,
      duplicates: 0,
      orderViolations: 0,
      gaps: 0,
      unequalRepeats: 0,
    });
  } finally {
    await herald.stop();
    await receiver.stop();
    await database.drop();
  }
});
