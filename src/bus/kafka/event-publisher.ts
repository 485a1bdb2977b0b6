// Puts events into the topic, in the order given, acknowledged by all replicas before it answers. After a failure it begins anew with a fresh
// producer, and the old one's sockets are cut: nothing of an old try can still arrive behind what comes next.
import type { Producer } from 'kafkajs';
import { describeError, type Clock } from '../../platform';
import type { EventRecord } from './event-record';
import type { KafkaLink, Line } from './kafka-link';
import { ensureTopic } from './topic';

/** The brokers could not be reached, or did not acknowledge in time. Nothing is known of the records. */
export class BrokerAwayError extends Error {
  override name = 'BrokerAwayError';
}

export class EventPublisher {
  private line?: Line<Producer>;

  constructor(
    private readonly link: KafkaLink,
    private readonly clock: Clock,
  ) {}

  /** Records of one send, at most `SEND_BYTES_MAX` together. Throws BrokerAwayError; after `withinMs` no byte leaves any more. */
  async publish(records: readonly EventRecord[], withinMs: number): Promise<void> {
    const patience = new AbortController();
    const tooLate = this.clock.sleep(withinMs, patience.signal).then(() => {
      throw new BrokerAwayError(`No acknowledgement within ${Math.round(withinMs)} ms`);
    });
    try {
      this.line ??= await this.connect(tooLate);
      await Promise.race([this.send(this.line.client, records), tooLate]);
    } catch (error) {
      // Expected: brokers away, a topic deleted, a lease about to end.
      this.line?.cut();
      this.line = undefined;
      throw error instanceof BrokerAwayError ? error : new BrokerAwayError(describeError(error));
    } finally {
      // Expected: nobody waits for it any more.
      tooLate.catch(() => undefined);
      patience.abort();
    }
  }

  /** Says goodbye to the brokers; the next `publish` connects again. */
  async close(): Promise<void> {
    const { line } = this;
    this.line = undefined;
    if (line) await this.link.close(line);
  }

  private async send(producer: Producer, records: readonly EventRecord[]): Promise<void> {
    await producer.send({
      topic: this.link.settings.topic,
      acks: -1,
      messages: records.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
    });
  }

  private async connect(tooLate: Promise<never>): Promise<Line<Producer>> {
    if (this.link.settings.createTopic) await Promise.race([ensureTopic(this.link), tooLate]);
    const line = this.link.producer();
    try {
      await Promise.race([line.client.connect(), tooLate]);
      return line;
    } catch (error) {
      // Expected: brokers away, or not convinced of who we are.
      line.cut();
      throw new BrokerAwayError(describeError(error));
    }
  }
}
