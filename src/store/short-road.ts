// The short road: a create, update or delete as one statement and one round trip. Types with write participants take the transaction road.
import { joinBody } from '../fhir';
import { uuidv7, type Statement, type Tx } from '../platform';
import type { Draft } from './draft';
import { versionMismatch } from './preconditions';
import type { StoredVersion, WriteContext } from './resource-version';
import { createResourceSql } from './sql/create-resource.sql';
import { deleteResourceSql } from './sql/delete-resource.sql';
import { sideValues } from './sql/side-rows.sql';
import { updateResourceSql } from './sql/update-resource.sql';
import { endOf, versionOf, type RoadEnd } from './written';

export interface ShortWrite {
  readonly tx: Tx;
  readonly context: WriteContext;
  readonly now: Date;
}

/** Inserts version 1; undefined when the id is taken, committed by somebody else: repeat as an update. */
export async function createRow(write: ShortWrite, draft: Draft): Promise<RoadEnd | undefined> {
  const eventId = uuidv7(write.now);
  const body = joinBody(draft.body, 1, write.now);
  const { rows } = await write.tx.query<{ last_updated: Date }>(createStatement(write, draft, body, eventId));
  const row = rows[0];
  if (!row) return undefined;
  const { tenant } = write.context;
  const version = {
    tenant,
    type: draft.type,
    id: draft.id,
    version: 1,
    lastUpdated: row.last_updated,
    interaction: 'create',
    body,
  } as const;
  return endOf({ version, eventId, rootHash: draft.rootHash });
}

interface UpdatedRow {
  locked_version: number;
  locked_deleted: boolean;
  version: number | null;
  last_updated: Date;
}

/** Writes the next version; undefined when there is no such resource. Throws FhirError 412 when `ifMatch` is not the current version. */
export async function updateRow(write: ShortWrite, draft: Draft, ifMatch?: number): Promise<RoadEnd | undefined> {
  const eventId = uuidv7(write.now);
  const { rows } = await write.tx.query<UpdatedRow>(updateStatement(write, draft, eventId, ifMatch));
  const row = rows[0];
  if (!row) return undefined;
  if (row.version === null) throw versionMismatch(`${draft.type}/${draft.id}`, ifMatch!, row.locked_version);
  const interaction = row.locked_deleted ? 'create' : 'update';
  const version = versionOf(write.context, draft, { version: row.version, lastUpdated: row.last_updated, interaction });
  return endOf({ version, eventId, rootHash: draft.rootHash });
}

interface DeletedRow extends UpdatedRow {
  locked_last_updated: Date;
  root_hash: number;
}

/** Writes a tombstone, or nothing when it is already one or never existed. Throws FhirError 412 as `updateRow` does. */
export async function deleteRow(write: ShortWrite, type: string, id: string, ifMatch?: number): Promise<RoadEnd> {
  const eventId = uuidv7(write.now);
  const { tenant, requestId } = write.context;
  const values = [tenant, id, write.now.toISOString(), eventId, requestId, ifMatch ?? null];
  const { rows } = await write.tx.query<DeletedRow>({ ...deleteResourceSql(type), values });
  const row = rows[0];
  if (ifMatch !== undefined && row?.locked_version !== ifMatch) {
    throw versionMismatch(`${type}/${id}`, ifMatch, row?.locked_version);
  }
  if (!row) return { result: { outcome: 'unchanged' } };
  const tombstone = { tenant, type, id, interaction: 'delete', body: null } as const;
  if (row.version === null) return { result: { outcome: 'unchanged', version: lockedTombstone(row, tombstone) } };
  const version: StoredVersion = { ...tombstone, version: row.version, lastUpdated: row.last_updated };
  return endOf({ version, eventId, rootHash: row.root_hash });
}

function lockedTombstone(row: DeletedRow, tombstone: Omit<StoredVersion, 'version' | 'lastUpdated'>): StoredVersion {
  return { ...tombstone, version: row.locked_version, lastUpdated: row.locked_last_updated };
}

function createStatement({ context, now }: ShortWrite, draft: Draft, body: string, eventId: string): Statement {
  return {
    ...createResourceSql(draft.type),
    values: [
      context.tenant,
      draft.id,
      now.toISOString(),
      body,
      draft.bytes + 1,
      draft.root,
      draft.rootHash,
      draft.replacedBy,
      eventId,
      context.requestId,
      ...draft.index.columns,
      ...sideValues(draft.index.side),
    ],
  };
}

function updateStatement({ context, now }: ShortWrite, draft: Draft, eventId: string, ifMatch?: number): Statement {
  return {
    ...updateResourceSql(draft.type),
    values: [
      context.tenant,
      draft.id,
      now.toISOString(),
      draft.body.head,
      draft.body.tail,
      draft.bytes,
      draft.root,
      draft.rootHash,
      draft.replacedBy,
      eventId,
      context.requestId,
      ifMatch ?? null,
      ...draft.index.columns,
      ...sideValues(draft.index.side),
    ],
  };
}
