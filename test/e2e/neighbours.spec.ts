// Bad neighbours: endpoints that hang take their own slots, not the good one's. How soon the good one is served is `npm run bench -- hanging`.
import { SubscriberStub } from '../support/subscriber-stub';
import { startHerald } from '../support/herald';
import { restHook, subscribe } from '../support/subscription';

const hanging = 10;
const events = 40;

it('S4.18: ten endpoints hang, the good one is served as if they were not there', async () => {
  const herald = await startHerald();
  const good = await SubscriberStub.start();
  const bad = await Promise.all(
    Array.from({ length: hanging }, () => SubscriberStub.start({ answer: () => ({ hang: true }) })),
  );
  try {
    const settings = { deadline: '15s', 'error-after': '1h' };
    await Promise.all(
      [good, ...bad].map((receiver) => subscribe(herald, restHook('Patient', receiver.url, { settings }))),
    );
    for (let n = 0; n < events; n += 1) await herald.put({ resourceType: 'Patient', id: `n${n}` });
    await good.received(events);
    // They hang meanwhile, each up to its own cap, and not one of their requests has ended: nobody waited for them.
    expect(bad.every((receiver) => receiver.inFlight > 0 && receiver.inFlightMax <= 8)).toBe(true);
    expect(bad.flatMap((receiver) => receiver.requests).filter((request) => request.endedAt !== undefined)).toEqual([]);
  } finally {
    await Promise.all([good, ...bad].map((receiver) => receiver.stop()));
    await herald.stop();
  }
}, 60_000);
