// The rooms that take part in writes, in the order they registered.
import { parseResource, type ParsedResource } from '../fhir';
import type { Tx } from '../platform';
import type { StoredVersion } from './resource-version';
import type { ResourceChange, WriteParticipant } from './write-participant.contract';

export class Participants {
  private readonly byType = new Map<string, WriteParticipant[]>();

  register(participant: WriteParticipant): void {
    for (const type of participant.types) this.byType.set(type, [...this.of(type), participant]);
  }

  of(type: string): readonly WriteParticipant[] {
    return this.byType.get(type) ?? [];
  }

  has(type: string): boolean {
    return this.byType.has(type);
  }

  /** Asks each in turn; what one returns the next one sees. Throws what a participant throws: a veto. */
  async prepare(tx: Tx, change: ResourceChange): Promise<void> {
    for (const participant of this.of(change.type)) {
      const changed: ParsedResource | undefined = await participant.prepare(tx, change);
      if (changed) change.resource = changed;
    }
  }

  async commit(tx: Tx, change: ResourceChange): Promise<void> {
    for (const participant of this.of(change.type)) await participant.commit(tx, change);
  }

  committed(change: ResourceChange): void {
    for (const participant of this.of(change.type)) participant.committed?.(change);
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
