// The transaction road (deliveries.md 3.1): lock all rows sorted by (type, id), ask the write participants, draw the event numbers in entry order
// in one statement, then write with set statements, all or nothing. Bundles take it, and every write of a type with participants.
import type { FhirDefinitions } from '../fhir';
import { drawSeqs } from '../outbox';
import { failpoint, randomId, type Clock, type Database, type Tx } from '../platform';
import { draftOf } from './draft';
import { APPEARED_RETRIES_MAX } from './limits';
import { checkIfMatch, lockRows, type LockedRow } from './locks';
import type { Participants } from './participants';
import { atOperation } from './refused-operation';
import { readCurrents, readVersionRows } from './read';
import { versionName, type StoredVersion, type WriteContext } from './resource-version';
import { changeOf, isLocked, rowWriteOf, unchanged } from './transaction-changes';
import { planSteps, stepName, type RoadOperation, type Step } from './transaction-plan';
import { RowAppeared, writeRows, type RowWrite } from './set-writes';
import { endOf, type RoadEnd } from './written';
import type { ResourceChange } from './write-participant.contract';

interface RoadDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly definitions: FhirDefinitions;
  readonly participants: Participants;
}

/** One run of the transaction; begun anew after a deadlock or when a row appeared. */
interface Attempt {
  readonly tx: Tx;
  readonly context: WriteContext;
  readonly now: Date;
  readonly ends: Map<number, RoadEnd>;
}

interface Change {
  readonly step: Step;
  readonly change: ResourceChange;
  readonly locked?: LockedRow;
}

export interface TransactionEnd {
  /** In entry order. */
  readonly ends: readonly RoadEnd[];
  /** For the participants' `committed`. */
  readonly changes: readonly ResourceChange[];
}

export class TransactionRoad {
  constructor(private readonly deps: RoadDeps) {}

  /**
   * Runs the operations atomically. Throws FhirError: 400 for a resource written twice, 412 for an If-Match that does not fit,
   * whatever a participant vetoes with; nothing is stored then.
   */
  async run(context: WriteContext, operations: readonly RoadOperation[]): Promise<TransactionEnd> {
    const steps = planSteps(operations, randomId);
    for (let retry = 0; ; retry += 1) {
      try {
        return await this.deps.database.transaction((tx) => this.attempt(tx, context, steps, retry > 0));
      } catch (error) {
        // Expected: somebody created one of our ids between the lock and the insert. Its event number is higher than ours would be, so the
        // transaction must not go on with an update: everything again, this time with the row locked.
        if (!(error instanceof RowAppeared) || retry >= APPEARED_RETRIES_MAX) throw error;
      }
    }
  }

  private async attempt(
    tx: Tx,
    context: WriteContext,
    steps: readonly Step[],
    locksCreates: boolean,
  ): Promise<TransactionEnd> {
    const attempt: Attempt = { tx, context, now: this.deps.clock.now(), ends: new Map() };
    const locked = await lockRows(
      tx,
      context.tenant,
      steps.filter((step) => isLocked(step, locksCreates)),
    );
    const changes = await this.decide(attempt, steps, locked);
    const { participants } = this.deps;
    await participants.load(
      tx,
      changes.map(({ change }) => change),
    );
    for (const { step, change } of changes) await atOperation(step.index, () => participants.prepare(tx, change));
    const writes = await this.number(attempt, changes);
    await writeRows(tx, context, writes);
    const places = new Map(changes.map(({ step, change }) => [change, step.index]));
    const written = [...places.keys()];
    await participants.commit(tx, written, (change, work) => atOperation(places.get(change)!, work));
    await this.answerReads(attempt, steps);
    await failpoint('write.before-commit');
    return { ends: steps.map((step) => attempt.ends.get(step.index)!), changes: written };
  }

  /** What each writing step comes to, now that the rows are locked. Steps that change nothing get their answer here. */
  private async decide(
    attempt: Attempt,
    steps: readonly Step[],
    locked: ReadonlyMap<string, LockedRow>,
  ): Promise<Change[]> {
    const writers = steps.filter((step) => step.kind !== 'read');
    const previous = await this.previousVersions(attempt, writers, locked);
    const changes: Change[] = [];
    for (const step of writers) {
      const row = locked.get(stepName(step));
      await atOperation(step.index, () => checkIfMatch(step, row));
      const change = changeOf(attempt.context, step, row, previous.get(stepName(step)));
      if (change) changes.push({ step, change, locked: row });
      else attempt.ends.set(step.index, unchanged(attempt.context, step, row, previous.get(stepName(step))));
    }
    return changes;
  }

  /** Bodies of the locked versions, for those who compare: participants and revisions. By `Type/id`. */
  private async previousVersions(
    { tx, context }: Attempt,
    steps: readonly Step[],
    locked: ReadonlyMap<string, LockedRow>,
  ): Promise<Map<string, StoredVersion>> {
    const keys = steps
      .filter((step) => step.kind === 'revise' || this.deps.participants.has(step.type))
      .flatMap(({ type, id }) => {
        const row = locked.get(stepName({ type, id }));
        return row ? [{ tenant: context.tenant, type, id, version: row.version }] : [];
      });
    if (keys.length === 0) return new Map();
    const versions = await readVersionRows(tx, keys);
    return new Map(keys.map((key) => [stepName(key), versions.get(versionName(key))!]));
  }

  /** Event numbers in entry order, versions and times. */
  private async number(attempt: Attempt, changes: readonly Change[]): Promise<RowWrite[]> {
    const { context, tx, ends, now } = attempt;
    const seqs = await drawSeqs(tx, changes.length);
    return changes.map(({ step, change, locked }, index) => {
      const draft = change.resource && draftOf(this.deps.definitions, context, change.resource, change.id);
      const write = rowWriteOf(change, { seq: seqs[index]!, now, draft, locked });
      change.version = write.version;
      change.lastUpdated = write.lastUpdated;
      const { type, id, version, lastUpdated, interaction, body, event } = write;
      const stored: StoredVersion = { tenant: context.tenant, type, id, version, lastUpdated, interaction, body };
      ends.set(step.index, endOf({ version: stored, eventId: event.eventId, rootHash: event.rootHash }));
      return write;
    });
  }

  /** Reads come last and see what the transaction wrote. */
  private async answerReads({ tx, context, ends }: Attempt, steps: readonly Step[]): Promise<void> {
    const reads = steps.filter((step) => step.kind === 'read');
    const versions = await readCurrents(tx, context.tenant, reads);
    for (const step of reads)
      ends.set(step.index, { result: { outcome: 'unchanged', version: versions.get(stepName(step)) } });
  }
}
