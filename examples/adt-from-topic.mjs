// A downstream that reads Herald's topic itself: one HL7 v2 ADT-like line for every change of a Patient, once each and in order. It needs kafkajs and
// nothing of Herald. The contract it relies on: docs/how-to/consume-events.md.
//   KAFKA_BROKERS=127.0.0.1:9092 node examples/adt-from-topic.mjs
// Stops on SIGTERM. What it has taken in is kept in memory only; a real one keeps it where it keeps its patients.
import kafkajs from 'kafkajs';

const { Kafka, logLevel } = kafkajs;
const { KAFKA_BROKERS = '127.0.0.1:9092', TOPIC = 'herald.events', GROUP = 'adt-downstream' } = process.env;

const TRIGGERS = { create: 'A28', update: 'A31', delete: 'A29' };
/** Newest version taken in, by resource: repeats, and old records after newer ones, are dropped by it. */
const taken = new Map();

function adtLine({ type, id, version, interaction, label, time, eventId }) {
  const trigger = label === 'merge' ? 'A40' : TRIGGERS[interaction];
  const at = time.replace(/\D/g, '').slice(0, 14);
  return `MSH|^~\\&|HERALD|||${at}||ADT^${trigger}|${eventId}|P|2.5 PID|||${id} ZVE|${type}|${version}`;
}

function take(message) {
  if (message.headers.ce_dataschema?.toString() !== 'urn:herald:event:1') return;
  if (message.headers.ce_resourcetype?.toString() !== 'Patient') return;
  const event = JSON.parse(message.value.toString());
  const name = `${event.tenant}/${event.type}/${event.id}`;
  if (event.version <= (taken.get(name) ?? 0)) return;
  taken.set(name, event.version);
  console.log(adtLine(event));
}

const kafka = new Kafka({ clientId: 'adt-downstream', brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: GROUP, sessionTimeout: 10_000 });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void consumer.disconnect());
// The topic may not be there yet, or the brokers still starting: then another program starts this one again.
consumer.on(consumer.events.CRASH, ({ payload }) => {
  if (!payload.restart) process.exit(1);
});

await consumer.connect();
await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
await consumer.run({
  // Committed after the line is out: at least once on this side too.
  eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
    for (const message of batch.messages) {
      take(message);
      resolveOffset(message.offset);
    }
    await heartbeat();
  },
});
