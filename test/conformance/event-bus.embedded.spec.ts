import { EmbeddedBus } from '../../src/bus';
import { OutboxDoorbell } from '../../src/outbox';
import { eventually } from '../support/deadline';
import { describeEventBus } from './event-bus';

describeEventBus('embedded', async () => ({ bus: new EmbeddedBus(), close: async () => undefined }));

it('publishes what the outbox rings', async () => {
  const doorbell = new OutboxDoorbell();
  const bus = new EmbeddedBus(doorbell);
  const seen: number[] = [];
  const stop = new AbortController();
  const running = bus.consume(async (batch) => void seen.push(...batch)).run(stop.signal);
  doorbell.ring([4, 2]);
  await eventually(() => seen.length === 2);
  stop.abort();
  await running;
});
