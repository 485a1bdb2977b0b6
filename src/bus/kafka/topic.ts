// The one topic: made when missing, given more partitions when asked, never fewer.
import { KafkaJSProtocolError, type Admin } from 'kafkajs';
import type { KafkaConfig } from '../../platform';
import type { KafkaLink } from './kafka-link';

/** The topic has more partitions than wanted, and Kafka cannot take one away. */
export class TopicRefusal extends Error {
  override name = 'TopicRefusal';
}

export interface TopicOutcome {
  readonly did: 'made' | 'grown' | 'kept';
  readonly partitions: number;
}

type Wanted = Pick<KafkaConfig, 'topic' | 'partitions' | 'replication'>;

/** Makes the topic when it is missing; one that exists stays as it is. For the relay. */
export function ensureTopic(link: KafkaLink): Promise<TopicOutcome> {
  return asAdmin(link, async (admin) => {
    const { settings } = link;
    const existing = await partitionsOf(admin, settings.topic);
    if (existing !== undefined) return { did: 'kept', partitions: existing };
    return make(admin, settings);
  });
}

/**
 * Brings the topic to the number of partitions wanted. Repeatable. Throws TopicRefusal when it has more already. Growing moves keys to other
 * partitions: outside consumers must have read everything before, or they may see one key's events out of order.
 */
export function setUpTopic(link: KafkaLink): Promise<TopicOutcome> {
  return asAdmin(link, async (admin) => {
    const { topic, partitions } = link.settings;
    const existing = await partitionsOf(admin, topic);
    if (existing === undefined) return make(admin, link.settings);
    if (existing > partitions) {
      throw new TopicRefusal(
        `The topic ${topic} has ${existing} partitions and HERALD_KAFKA_PARTITIONS is ${partitions}: Kafka cannot take partitions away. ` +
          'Set it to what there is, or name another topic.',
      );
    }
    if (existing === partitions) return { did: 'kept', partitions };
    await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
    return { did: 'grown', partitions };
  });
}

async function asAdmin<T>(link: KafkaLink, work: (admin: Admin) => Promise<T>): Promise<T> {
  const line = link.admin();
  try {
    await line.client.connect();
    return await work(line.client);
  } finally {
    await link.close(line);
  }
}

async function make(admin: Admin, { topic, partitions, replication }: Wanted): Promise<TopicOutcome> {
  const replicationFactor = replication ?? -1;
  // Answers false when another process was faster: then it is there.
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor }] });
  return { did: 'made', partitions };
}

async function partitionsOf(admin: Admin, topic: string): Promise<number | undefined> {
  if (!(await admin.listTopics()).includes(topic)) return undefined;
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length;
  } catch (error) {
    // Expected: deleted between the two questions.
    if (error instanceof KafkaJSProtocolError && error.type === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
    throw error;
  }
}
