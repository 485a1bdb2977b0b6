// What a write road hands back: the answer for the caller, and what has to be announced once it is committed.
import { joinBody } from '../fhir';
import type { Draft } from './draft';
import type { StoredInteraction, StoredVersion, WriteContext, WriteResult } from './resource-version';

/** A version written by this process, with the event it left in the outbox. */
export interface Written {
  readonly version: StoredVersion;
  readonly eventId: string;
  readonly rootHash: number;
}

export interface RoadEnd {
  readonly result: WriteResult;
  /** Absent when nothing was written. */
  readonly written?: Written;
}

const OUTCOMES = { create: 'created', update: 'updated', delete: 'deleted' } as const;

export function endOf(written: Written): RoadEnd {
  return { result: { outcome: OUTCOMES[written.version.interaction], version: written.version }, written };
}

/** The version a draft became; the same text that the statement put together. */
export function versionOf(
  context: WriteContext,
  draft: Draft,
  stored: { version: number; lastUpdated: Date; interaction: Exclude<StoredInteraction, 'delete'> },
): StoredVersion {
  const body = joinBody(draft.body, stored.version, stored.lastUpdated);
  return { tenant: context.tenant, type: draft.type, id: draft.id, ...stored, body };
}
