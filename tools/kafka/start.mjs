// A Kafka broker in the foreground, until Ctrl-C or SIGTERM:
//   node tools/kafka/start.mjs [--data .herald/kafka] [--port 9092] [--kafka 4.1.0]
// Prints one line, KAFKA_BROKERS=host:port, when it takes connections.
import { parseArgs } from 'node:util';
import { startBroker } from './broker.mjs';
import { KAFKA_VERSION_DEFAULT, KafkaUnavailableError } from './install.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.herald/kafka' },
    port: { type: 'string', default: '9092' },
    kafka: { type: 'string', default: KAFKA_VERSION_DEFAULT },
  },
});

let broker;
const stopped = { isAsked: false };
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped.isAsked = true;
    void broker?.stop();
  });
}

try {
  broker = await startBroker({ dataDir: values.data, port: Number(values.port), version: values.kafka });
  console.log(`KAFKA_BROKERS=${broker.address}`);
  if (stopped.isAsked) await broker.stop();
  const code = await broker.exited;
  process.exitCode = stopped.isAsked ? 0 : (code ?? 1);
} catch (error) {
  // Expected: no Java, no Maven, a port in use. What can be mended is told in a sentence.
  console.error(error instanceof KafkaUnavailableError ? error.message : String(error));
  process.exitCode = 1;
}
