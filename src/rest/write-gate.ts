// The gate before every write: closed while too much is waiting already, and narrow enough that bodies never fill the memory. Reads do not pass
// it; Subscriptions pass by a door of their own, since an operator must be able to act.
import { errorIssue, FhirError } from '../fhir';
import type { BundleEntry } from '../fhir';
import type { Clock, HeraldConfig, Metrics } from '../platform';
import type { BacklogWatch } from './backlog-watch';
import { pathOf } from './http';
import type { Done, HttpReply, HttpRequest } from './http';
import {
  BACKLOG_RETRY_SECONDS,
  SUBSCRIPTION_SLOTS_MAX,
  SUBSCRIPTION_SLOTS_QUEUE_MAX,
  WRITE_RETRY_SECONDS,
  WRITE_WAIT_MS_MAX,
} from './limits';
import { WriteSlots, type Release } from './write-slots';

/** What kind of write a request or a Bundle entry is: `none` for everything that only reads. */
export type WriteKind = 'none' | 'resource' | 'subscription' | 'bundle';

export interface WriteGateDeps {
  readonly config: Pick<HeraldConfig, 'backpressure' | 'http'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly backlog: Pick<BacklogWatch, 'reason'>;
}

const BASE = '/fhir';
const WRITING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** @param path below the base, with or without a slash before it; a query does not matter */
export function writeKindOf(method: string, path: string): WriteKind {
  if (!WRITING.has(method)) return 'none';
  const [type, next] = pathOf(path).replace(/^\/+/, '').split('/');
  if (type === undefined || type === '') return 'bundle';
  if (next === '_search') return 'none';
  return type === 'Subscription' ? 'subscription' : 'resource';
}

export class WriteGate {
  private readonly writes: WriteSlots;
  private readonly subscriptions: WriteSlots;
  private readonly refused;

  constructor(private readonly deps: WriteGateDeps) {
    const { config, clock, metrics } = deps;
    const { writesMax: slotsMax, writesQueueMax: queueMax, writeBytesMax: bytesMax } = config.backpressure;
    const waitMsMax = WRITE_WAIT_MS_MAX;
    this.writes = new WriteSlots({ slotsMax, bytesMax, queueMax, waitMsMax }, clock);
    const own = { slotsMax: SUBSCRIPTION_SLOTS_MAX, queueMax: SUBSCRIPTION_SLOTS_QUEUE_MAX, bytesMax, waitMsMax };
    this.subscriptions = new WriteSlots(own, clock);
    this.refused = metrics.counter('herald_writes_refused_total', 'Writes answered 429, by what was too much', [
      'reason',
    ]);
    const { writes } = this;
    metrics.watch(
      'herald_writes',
      'Writes of this process: worked on, and waiting with their bodies unread',
      ['state'],
      () => [
        { labels: { state: 'in-progress' }, value: writes.inProgress },
        { labels: { state: 'waiting' }, value: writes.waiting },
      ],
    );
    metrics.watch('herald_writes_body_bytes', 'Bodies of the writes that are worked on', [], () => [
      { labels: {}, value: writes.bytesInProgress },
    ]);
  }

  /** Why writes are refused now; undefined while they are taken. */
  get reason(): string | undefined {
    return this.deps.backlog.reason;
  }

  /** Refuses the write while the backlog is too long. @throws FhirError 429 */
  checkBacklog(kind: WriteKind): void {
    if (kind !== 'resource') return;
    const { reason } = this.deps.backlog;
    if (reason === undefined) return;
    this.refused.inc({ reason: 'backlog' });
    throw throttled(
      `${reason} Writes are taken again when it is less; reads and Subscriptions are.`,
      BACKLOG_RETRY_SECONDS,
    );
  }

  /** The same for a transaction, which is all or nothing: one write of anything but a Subscription is enough. @throws FhirError 429 */
  checkTransaction(entries: readonly Pick<BundleEntry, 'method' | 'url'>[]): void {
    if (entries.some(({ method, url }) => writeKindOf(method, url) === 'resource')) this.checkBacklog('resource');
  }

  /** Holds a request back, before its body is read, until there is room for it; its place is free again when its answer is out. */
  enter(request: HttpRequest, reply: HttpReply, done: Done): void {
    const path = pathOf(request.url);
    const kind = path.startsWith(BASE) ? writeKindOf(request.method, path.slice(BASE.length)) : 'none';
    if (kind === 'none') return done();
    try {
      this.checkBacklog(kind);
    } catch (error) {
      // Nothing but our own 429.
      return done(error as Error);
    }
    const slots = kind === 'subscription' ? this.subscriptions : this.writes;
    const bytes = this.bytesOf(request);
    const release = slots.take(bytes);
    if (release === undefined) {
      void this.wait(slots, bytes, reply, done);
      return;
    }
    reply.raw.once('close', release);
    done();
  }

  private async wait(slots: WriteSlots, bytes: number, reply: HttpReply, done: Done): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    reply.raw.once('close', leave);
    const release: Release | undefined = await slots.wait(bytes, gone.signal);
    reply.raw.removeListener('close', leave);
    if (release === undefined) {
      this.refused.inc({ reason: 'busy' });
      done(throttled('This server is busy with other writes; nothing of yours was done.', WRITE_RETRY_SECONDS));
      return;
    }
    if (gone.signal.aborted || reply.raw.destroyed) release();
    else reply.raw.once('close', release);
    done();
  }

  /** What its body may come to in memory: as announced, or the largest there is. */
  private bytesOf({ method, headers }: HttpRequest): number {
    const { bodyBytesMax } = this.deps.config.http;
    const announced = Number(headers['content-length'] ?? (method === 'DELETE' ? 0 : NaN));
    return Number.isFinite(announced) ? Math.min(announced, bodyBytesMax) : bodyBytesMax;
  }
}

function throttled(text: string, retrySeconds: number): FhirError {
  return new FhirError(429, errorIssue('throttled', text), { 'Retry-After': String(retrySeconds) });
}
