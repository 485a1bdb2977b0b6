// One batch of claimed events: how many of them fit into a transaction, what must be read for them, who matches. Pure but for the index and the pace.
import type { FhirResource, ReferencedSubjects } from '../fhir';
import type { ResourceEvent } from '../outbox';
import type { VersionKey } from '../store';
import { safeXid, type RegistryEntry } from '../subscriptions';
import { BODY_BYTES_MAX, DELETE_BODY_BYTES_GUESS, DELIVERIES_MAX, EVALUATION_MS_MAX } from './limits';
import type { BrokenCriteria, MatchIndex, MatchInput } from './match-index.contract';

export interface BatchLimits {
  readonly bodyBytesMax: number;
  readonly deliveriesMax: number;
  readonly evaluationMsMax: number;
}

export const BATCH_LIMITS: BatchLimits = {
  bodyBytesMax: BODY_BYTES_MAX,
  deliveriesMax: DELIVERIES_MAX,
  evaluationMsMax: EVALUATION_MS_MAX,
};

/** How long it has been going on, and a chance for the rest of the process. */
export interface Pace {
  elapsedMs(): number;
  breathe(): Promise<void>;
}

/** An event and the version it is judged by; without one nobody asks about its type. */
export interface PlannedEvent {
  readonly event: ResourceEvent;
  readonly read?: VersionKey;
  /** What its references led to; absent where no chain is asked. */
  readonly referenced?: ReferencedSubjects;
}

/** The longest prefix, in seq order, whose bodies fit; at least one event. */
export function planPrefix(events: readonly ResourceEvent[], index: MatchIndex, limits: BatchLimits): PlannedEvent[] {
  const planned: PlannedEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const isDelete = event.interaction === 'delete';
    if (!index.mayMatch(event.tenant, event.type, isDelete)) {
      planned.push({ event });
      continue;
    }
    bytes += isDelete ? DELETE_BODY_BYTES_GUESS : event.bodyBytes;
    if (bytes > limits.bodyBytesMax && planned.length > 0) break;
    const { tenant, type, id } = event;
    planned.push({ event, read: { tenant, type, id, version: isDelete ? event.version - 1 : event.version } });
  }
  return planned;
}

export interface MatchedEvent {
  readonly event: ResourceEvent;
  readonly matched: readonly RegistryEntry[];
}

export interface BatchOutcome {
  /** In seq order; the prefix that was decided. */
  readonly decided: readonly MatchedEvent[];
  readonly deliveries: number;
  readonly broken: readonly BrokenCriteria[];
}

/** Decides events in seq order and stops before the one that would be too much, in deliveries or in time; at least one is decided. */
export async function decide(
  planned: readonly PlannedEvent[],
  bodyOf: (key: VersionKey) => FhirResource | undefined,
  index: MatchIndex,
  limits: BatchLimits,
  pace: Pace,
): Promise<BatchOutcome> {
  const decided: MatchedEvent[] = [];
  const broken: BrokenCriteria[] = [];
  let deliveries = 0;
  for (const one of planned) {
    const { event, read } = one;
    await pace.breathe();
    if (decided.length > 0 && pace.elapsedMs() > limits.evaluationMsMax) break;
    const resource = read && bodyOf(read);
    const answer = resource === undefined ? { matched: [], broken: [] } : index.match(inputOf(one, resource));
    if (decided.length > 0 && deliveries + answer.matched.length > limits.deliveriesMax) break;
    deliveries += answer.matched.length;
    decided.push({ event, matched: answer.matched });
    broken.push(...answer.broken);
  }
  return { decided, deliveries, broken };
}

function inputOf({ event, referenced }: PlannedEvent, resource: FhirResource): MatchInput {
  const { tenant, type, id, writtenAt } = event;
  const isDelete = event.interaction === 'delete';
  return {
    tenant,
    type,
    id,
    xid: safeXid(event.xid),
    writtenAt,
    isDelete,
    resource,
    ...(referenced && { referenced }),
  };
}
