// The rooms that take part in writes, in the order they registered.
import { parseResource, type ParsedResource } from '../fhir';
import type { Tx } from '../platform';
import type { StoredVersion } from './resource-version';
import type { ResourceChange, WriteParticipant } from './write-participant.contract';

export class Participants {
  private readonly all: WriteParticipant[] = [];
  private readonly byType = new Map<string, WriteParticipant[]>();

  register(participant: WriteParticipant): void {
    this.all.push(participant);
    for (const type of participant.types) this.byType.set(type, [...this.of(type), participant]);
  }

  of(type: string): readonly WriteParticipant[] {
    return this.byType.get(type) ?? [];
  }

  has(type: string): boolean {
    return this.byType.has(type);
  }

  /** Lets those who can read ahead for all changes. */
  async load(tx: Tx, changes: readonly ResourceChange[]): Promise<void> {
    for (const [participant, own] of this.shares(changes)) await participant.load?.(tx, own);
  }

  /** Asks each in turn; what one returns the next one sees. Throws what a participant throws: a veto. */
  async prepare(tx: Tx, change: ResourceChange): Promise<void> {
    for (const participant of this.of(change.type)) {
      const changed: ParsedResource | undefined = await participant.prepare(tx, change);
      if (changed) change.resource = changed;
    }
  }

  /** One participant after the other, each with all its changes; `each` runs the work on one of them. */
  async commit(
    tx: Tx,
    changes: readonly ResourceChange[],
    each: (change: ResourceChange, work: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    for (const [participant, own] of this.shares(changes)) {
      if (participant.commitAll) await participant.commitAll(tx, own);
      else for (const change of own) await each(change, async () => participant.commit?.(tx, change));
    }
  }

  committed(change: ResourceChange): void {
    for (const participant of this.of(change.type)) participant.committed?.(change);
  }

  /** Every participant concerned, in the order they registered, with its changes. */
  private shares(changes: readonly ResourceChange[]): Map<WriteParticipant, ResourceChange[]> {
    const shares = new Map(this.all.map((participant): [WriteParticipant, ResourceChange[]] => [participant, []]));
    for (const change of changes) for (const participant of this.of(change.type)) shares.get(participant)!.push(change);
    for (const [participant, own] of shares) if (own.length === 0) shares.delete(participant);
    return shares;
  }

  /** The version as readers and event consumers may see it; with `change`, as the client that made it may. */
  shown(version: StoredVersion, change?: ResourceChange): StoredVersion {
    const redactors = this.of(version.type).filter((participant) => participant.redact !== undefined);
    if (version.body === null || redactors.length === 0) return version;
    const stored = parseResource(version.body).value;
    let resource = stored;
    for (const participant of redactors) {
      resource = (change && participant.answer?.(change, resource)) ?? participant.redact!(resource);
    }
    // Nothing to hide: the client's own bytes.
    return resource === stored ? version : { ...version, body: JSON.stringify(resource) };
  }
}
