// What a step of a transaction comes to once its row is locked. Pure.
import { joinBody, resourceFromValue, type FhirResource } from '../fhir';
import { uuidv7 } from '../platform';
import { isMerge, type Draft } from './draft';
import type { LockedRow } from './locks';
import type { StoredVersion, WriteContext } from './resource-version';
import type { RowWrite } from './set-writes';
import type { Step } from './transaction-plan';
import type { RoadEnd } from './written';
import type { ResourceChange } from './write-participant.contract';

/** Reads lock nothing; a create gets a new id, so its row is locked only when it turned out to be there. */
export function isLocked(step: Step, locksCreates: boolean): boolean {
  return step.kind !== 'read' && (step.kind !== 'create' || locksCreates);
}

/** The change a writing step makes; undefined when there is nothing to delete, or a revision leaves the resource alone. */
export function changeOf(
  context: WriteContext,
  step: Step,
  locked: LockedRow | undefined,
  previous: StoredVersion | undefined,
): ResourceChange | undefined {
  const identity = { context, type: step.type, id: step.id, previous, warnings: [] };
  const isThere = locked !== undefined && !locked.deleted;
  if (step.kind === 'delete') return isThere ? { ...identity, interaction: 'delete' } : undefined;
  const interaction = isThere ? 'update' : 'create';
  if (step.kind !== 'revise') return { ...identity, interaction, resource: step.resource };
  if (!isThere || !previous?.body) return undefined;
  const revised = step.revise!(previous, JSON.parse(previous.body) as FhirResource);
  return revised && { ...identity, interaction, resource: resourceFromValue(revised) };
}

/** The answer of a step that changes nothing: the version that is there, a tombstone or one left alone. */
export function unchanged(
  context: WriteContext,
  step: Step,
  locked: LockedRow | undefined,
  previous: StoredVersion | undefined,
): RoadEnd {
  if (!locked) return { result: { outcome: 'unchanged' } };
  if (previous || !locked.deleted) return { result: { outcome: 'unchanged', version: previous } };
  const { version, lastUpdated } = locked;
  const identity = { tenant: context.tenant, type: step.type, id: step.id };
  return {
    result: { outcome: 'unchanged', version: { ...identity, version, lastUpdated, interaction: 'delete', body: null } },
  };
}

/** The row, version and event of a change. */
export function rowWriteOf(
  change: ResourceChange,
  made: { seq: number; now: Date; draft: Draft | undefined; locked: LockedRow | undefined },
): RowWrite {
  const { draft, locked } = made;
  const { type, id, interaction, context } = change;
  const version = (locked?.version ?? 0) + 1;
  const lastUpdated = laterThan(made.now, locked?.lastUpdated);
  const { root, rootHash } = (draft ?? locked)!;
  const identity = { type, id, interaction, version };
  return {
    ...identity,
    lastUpdated,
    body: draft ? joinBody(draft.body, version, lastUpdated) : null,
    draft,
    locked,
    event: {
      ...identity,
      seq: made.seq,
      eventId: uuidv7(made.now),
      tenant: context.tenant,
      ...(interaction === 'update' && isMerge(locked!.replacedBy, draft!.replacedBy) && { label: 'merge' }),
      root,
      rootHash,
      ...(locked && locked.rootHash !== rootHash && { prevRootHash: locked.rootHash }),
      bodyBytes: draft ? draft.bytes + String(version).length : 0,
      requestId: context.requestId,
      writtenAt: lastUpdated,
    },
  };
}

function laterThan(now: Date, previous: Date | undefined): Date {
  return previous && previous.getTime() >= now.getTime() ? new Date(previous.getTime() + 1) : now;
}
