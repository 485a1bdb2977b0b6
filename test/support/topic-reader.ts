// Another program that reads a topic of events from its beginning, and keeps everything.
import { Kafka, logLevel, type Consumer } from 'kafkajs';
import type { KafkaBroker } from './kafka-broker';

export interface Read {
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: Record<string, any>;
}

/** Another program that reads the topic from its beginning, and sees everything. */
export class TopicReader {
  readonly records: Read[] = [];
  private constructor(private readonly consumer: Consumer) {}

  static async start(broker: KafkaBroker, topic: string): Promise<TopicReader> {
    const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `reader-${topic}` });
    const reader = new TopicReader(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
        reader.records.push({
          key: String(message.key),
          headers: Object.fromEntries(headers) as Record<string, string>,
          value: JSON.parse(String(message.value)) as Record<string, any>,
        });
      },
    });
    return reader;
  }

  /** Versions of one resource in the order of their first appearance. */
  versionsOf(id: string): number[] {
    return [
      ...new Set(this.records.filter(({ value }) => value['id'] === id).map(({ value }) => Number(value['version']))),
    ];
  }

  stop(): Promise<void> {
    return this.consumer.disconnect();
  }
}
