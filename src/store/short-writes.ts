// Single writes of types without participants: the draft is computed, then one statement stores it.
import type { FhirDefinitions, ParsedResource } from '../fhir';
import { failpoint, type Clock, type Database } from '../platform';
import { CreateGroups } from './create-groups';
import { draftOf, type Draft } from './draft';
import { versionMismatch } from './preconditions';
import type { WriteContext } from './resource-version';
import { createRow, deleteRow, updateRow, type ShortWrite } from './short-road';
import type { RoadEnd } from './written';

export interface ShortWritesDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly definitions: FhirDefinitions;
}

export class ShortWrites {
  private readonly groups: CreateGroups;

  constructor(private readonly deps: ShortWritesDeps) {
    this.groups = new CreateGroups(deps.database);
  }

  /** Version 1, or the next version where the id is taken. `isFresh`: nobody else can have the id. */
  async create(context: WriteContext, resource: ParsedResource, id: string, isFresh: boolean): Promise<RoadEnd> {
    const { write, draft } = this.begin(context, resource, id);
    await failpoint('write.before-commit');
    // Only fresh ids share a statement: one that may be taken would hold the others up while it waits for a row.
    const created = isFresh ? await this.groups.create(context, draft, write.now) : await createRow(write, draft);
    return created ?? updateTaken(write, draft);
  }

  /** The next version, or the first. Throws FhirError 412 when `ifMatch` is not the current version. */
  async update(context: WriteContext, resource: ParsedResource, id: string, ifMatch?: number): Promise<RoadEnd> {
    const { write, draft } = this.begin(context, resource, id);
    await failpoint('write.before-commit');
    const updated = await updateRow(write, draft, ifMatch);
    if (updated) return updated;
    if (ifMatch !== undefined) throw versionMismatch(`${draft.type}/${id}`, ifMatch, undefined);
    return (await createRow(write, draft)) ?? updateTaken(write, draft);
  }

  /** A tombstone. Throws FhirError 412 as `update` does. */
  async delete(context: WriteContext, type: string, id: string, ifMatch?: number): Promise<RoadEnd> {
    const write = { tx: this.deps.database, context, now: this.deps.clock.now() };
    await failpoint('write.before-commit');
    return deleteRow(write, type, id, ifMatch);
  }

  private begin(context: WriteContext, resource: ParsedResource, id: string): { write: ShortWrite; draft: Draft } {
    const write = { tx: this.deps.database, context, now: this.deps.clock.now() };
    return { write, draft: draftOf(this.deps.definitions, context, resource, id) };
  }
}

/** The id was taken, so its row is there for good (a delete leaves a tombstone): this finds it. */
async function updateTaken(write: ShortWrite, draft: Draft): Promise<RoadEnd> {
  const end = await updateRow(write, draft);
  if (!end) throw new Error(`A ${draft.type} was there at the insert and gone at the update`);
  return end;
}
