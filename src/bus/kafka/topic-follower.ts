// One member of the matchers' group: takes what the topic's partitions bring, hands their roots over, and commits the offsets afterwards. An
// offset says "looked at", never "true": what is true, the match transaction decides.
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { Clock, Log, Metrics } from '../../platform';
import {
  ALARMED_ROOTS_MAX,
  AWAY_MS_MAX,
  AWAY_MS_MIN,
  BATCH_ROOTS_MAX,
  HEARTBEAT_MS,
  PARTITIONS_AT_A_TIME,
  POISON_PAUSE_MS_MAX,
  POISON_PAUSE_MS_MIN,
  POISON_TRIES_MAX,
} from '../limits';
import { rootHashOfKey } from './event-record';
import type { KafkaLink } from './kafka-link';
import type { RootPool } from './root-pool';

export interface TopicFollowerDeps {
  readonly link: KafkaLink;
  readonly pool: Pick<RootPool, 'add'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Some records of one partition, and the roots they name. */
interface Piece {
  readonly roots: readonly number[];
  readonly firstOffset: string;
  readonly lastOffset: string;
  readonly strangers: number;
}

export class TopicFollower {
  private readonly lag;
  private readonly poisoned;
  private readonly rebalances;
  /** Failed tries of the piece that begins at this offset, by partition. */
  private readonly tries = new Map<number, { offset: string; count: number }>();
  /** How often the group was joined, and at which of these times this member was found to have company. */
  private joins = 0;
  private companySince = -1;

  constructor(private readonly deps: TopicFollowerDeps) {
    const { metrics } = deps;
    this.lag = metrics.gauge('herald_bus_lag_records', 'Records behind the end of the partition, at its last batch', [
      'partition',
    ]);
    this.poisoned = metrics.counter('herald_bus_poison_records_total', 'Records passed over; the sweep covers them', [
      'reason',
    ]);
    this.rebalances = metrics.counter('herald_bus_rebalances_total', 'How often partitions were dealt out anew');
  }

  /** True until the group is known to have another member: then not every partition is ours. */
  get isSoleMember(): boolean {
    return this.companySince !== this.joins;
  }

  /** Follows the topic until `signal` aborts; brokers that are away are waited for. */
  async follow(signal: AbortSignal): Promise<void> {
    const { link, clock } = this.deps;
    for (let pauseMs = AWAY_MS_MIN; !signal.aborted; pauseMs = Math.min(pauseMs * 2, AWAY_MS_MAX)) {
      const startedMs = clock.monotonicMs();
      try {
        await this.session(signal);
      } catch (error) {
        // Expected: brokers away, the topic missing, the member thrown out of its group. The sweep works meanwhile.
        link.down('matcher', error);
        if (clock.monotonicMs() - startedMs > AWAY_MS_MAX) pauseMs = AWAY_MS_MIN;
        await clock.sleep(pauseMs, signal);
      }
    }
    link.idle('matcher');
  }

  /** From joining the group to leaving it. Throws what ended it, unless that was `signal`. */
  private async session(signal: AbortSignal): Promise<void> {
    const { link } = this.deps;
    const line = link.consumer();
    const consumer = line.client;
    let fail!: (error: Error) => void;
    let stop!: () => void;
    const ended = new Promise<void>((resolve, reject) => {
      fail = reject;
      stop = resolve;
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, () => {
      this.rebalances.inc();
      this.lag.reset();
      link.up('matcher');
      void this.lookForOthers(consumer);
    });
    try {
      const started = this.start(consumer, signal);
      await Promise.race([ended, started.then(() => ended)]);
    } finally {
      signal.removeEventListener('abort', stop);
      this.joins += 1;
      await link.close(line);
    }
  }

  /** Asked after each joining: who comes or goes makes everybody join again. */
  private async lookForOthers(consumer: Consumer): Promise<void> {
    this.joins += 1;
    const join = this.joins;
    // Expected: a coordinator that went away. Not to know counts as being alone, which is slower and never wrong.
    const group = await consumer.describeGroup().catch(() => undefined);
    if (group !== undefined && group.members.length > 1) this.companySince = join;
  }

  private async start(consumer: Consumer, signal: AbortSignal): Promise<void> {
    await consumer.connect();
    // From the beginning where the group has no offset: hints that were published while no matcher ran.
    await consumer.subscribe({ topics: [this.deps.link.settings.topic], fromBeginning: true });
    await consumer.run({
      autoCommitThreshold: 1,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_A_TIME,
      eachBatch: (payload) => this.eachBatch(payload, signal),
    });
  }

  private async eachBatch(payload: EachBatchPayload, signal: AbortSignal): Promise<void> {
    const { batch } = payload;
    for (const piece of piecesOf(batch.messages)) {
      if (signal.aborted || !payload.isRunning() || payload.isStale()) return;
      const failed = await this.handle(piece.roots, payload, signal);
      if (failed === undefined) return;
      if (failed.length > 0 && !this.isGivenUp(payload, piece, failed)) return this.pause(payload, signal);
      if (piece.strangers > 0) this.alarm(payload, 'unreadable-key', { records: piece.strangers });
      payload.resolveOffset(piece.lastOffset);
      await payload.commitOffsetsIfNecessary();
      this.lag.set({ partition: batch.partition }, lagBehind(batch.highWatermark, piece.lastOffset));
    }
  }

  /** Out: the roots that failed; undefined when the stop came first. The group hears of us meanwhile, however long it takes. */
  private async handle(
    roots: readonly number[],
    payload: EachBatchPayload,
    signal: AbortSignal,
  ): Promise<readonly number[] | undefined> {
    if (roots.length === 0) return [];
    const { clock, pool } = this.deps;
    const done = new AbortController();
    const stop = (): void => done.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const handled = pool.add(roots).finally(stop);
    while (!done.signal.aborted) {
      await clock.sleep(HEARTBEAT_MS, done.signal);
      // Expected: a rebalance, or a coordinator that went away. The client hears of it again after the batch.
      if (!done.signal.aborted) await payload.heartbeat().catch(() => undefined);
    }
    signal.removeEventListener('abort', stop);
    return signal.aborted ? undefined : handled;
  }

  /** Counts the try. True at the last one: an alarm, and the piece is passed over. */
  private isGivenUp(payload: EachBatchPayload, piece: Piece, failed: readonly number[]): boolean {
    const { partition } = payload.batch;
    const known = this.tries.get(partition);
    const count = known?.offset === piece.firstOffset ? known.count + 1 : 1;
    if (count < POISON_TRIES_MAX) {
      this.tries.set(partition, { offset: piece.firstOffset, count });
      return false;
    }
    this.tries.delete(partition);
    this.alarm(payload, 'handler-failed', { records: failed.length, rootHashes: failed.slice(0, ALARMED_ROOTS_MAX) });
    return true;
  }

  /** Only this partition rests; what was not resolved is fetched again afterwards. */
  private pause(payload: EachBatchPayload, signal: AbortSignal): void {
    const resume = payload.pause();
    const { count = 1 } = this.tries.get(payload.batch.partition) ?? {};
    const pauseMs = Math.min(POISON_PAUSE_MS_MIN * 2 ** (count - 1), POISON_PAUSE_MS_MAX);
    void this.deps.clock.sleep(pauseMs, signal).then(resume);
  }

  private alarm({ batch }: EachBatchPayload, reason: string, detail: { records: number; rootHashes?: number[] }): void {
    const { topic, partition } = batch;
    this.poisoned.inc({ reason }, detail.records);
    this.deps.log.error({ topic, partition, fromOffset: batch.firstOffset(), reason, ...detail }, 'bus.poison-skipped');
  }
}

/** Cuts a batch where a piece has as many roots as one call of a handler takes. Strangers are records whose key is none of ours. */
export function piecesOf(messages: readonly { key: Buffer | null; offset: string }[]): Piece[] {
  const pieces: Piece[] = [];
  let roots = new Set<number>();
  let strangers = 0;
  let firstOffset: string | undefined;
  messages.forEach(({ key, offset }, index) => {
    firstOffset ??= offset;
    const hash = rootHashOfKey(key);
    if (hash === undefined) strangers += 1;
    else roots.add(hash);
    if (roots.size < BATCH_ROOTS_MAX && index < messages.length - 1) return;
    pieces.push({ roots: [...roots], firstOffset, lastOffset: offset, strangers });
    roots = new Set();
    firstOffset = undefined;
    strangers = 0;
  });
  return pieces;
}

function lagBehind(highWatermark: string, offset: string): number {
  return Math.max(0, Number(BigInt(highWatermark) - BigInt(offset) - 1n));
}
