// What the topic holds at the end of a run, read past Herald by another client: the fourth book, in the cluster profile.
import { Deadline } from '../support/deadline';
import { TOPIC, type ClusterServers } from './cluster-servers';

const readMsMax = 60_000;

export interface TopicRecord {
  readonly partition: number;
  /** `Type/id/version`. */
  readonly name: string;
  readonly eventId: string;
}

export interface TopicBook {
  /** In the order of each partition. */
  readonly records: readonly TopicRecord[];
  /** Nothing was ever taken out of it: every event must be in it. */
  readonly isWhole: boolean;
}

/** Reads every partition to its end. */
export async function readTopic(servers: ClusterServers): Promise<TopicBook> {
  const kafka = servers.client();
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(TOPIC);
  await admin.disconnect();
  const unread = new Map(
    ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, Number(high)]),
  );
  const records: TopicRecord[] = [];
  if (unread.size > 0) {
    const consumer = kafka.consumer({ groupId: `judge-${ends.map(({ high }) => high).join('-')}` });
    const deadline = new Deadline(readMsMax, () => `the topic was not read: ${JSON.stringify([...unread])}`);
    await consumer.connect();
    await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message: { value, headers, offset } }) => {
        const { type, id, version } = JSON.parse(String(value)) as { type: string; id: string; version: number };
        records.push({ partition, name: `${type}/${id}/${version}`, eventId: String(headers?.['ce_id']) });
        if (Number(offset) + 1 >= (unread.get(partition) ?? 0)) unread.delete(partition);
        if (unread.size === 0) deadline.met();
      },
    });
    await deadline.outcome.finally(() => consumer.disconnect());
  }
  return { records, isWhole: !servers.hasTopicLost };
}
