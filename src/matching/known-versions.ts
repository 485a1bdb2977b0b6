// Parsed versions of resources that chains lead to, kept for the next events: many refer to the same few. A version never changes.
import type { FhirResource } from '../fhir';
import type { VersionKey } from '../store';
import { CHAIN_TARGETS_KEPT_MAX } from './limits';
import { nameOf } from './version-bodies';

export class KnownVersions {
  /** The longest unused first. */
  private readonly resources = new Map<string, FhirResource | undefined>();

  has(key: VersionKey): boolean {
    return this.resources.has(nameOf(key));
  }

  /** Undefined for a tombstone. */
  get(key: VersionKey): FhirResource | undefined {
    const name = nameOf(key);
    const resource = this.resources.get(name);
    this.resources.delete(name);
    this.resources.set(name, resource);
    return resource;
  }

  /** Undefined for a tombstone. */
  set(key: VersionKey, resource: FhirResource | undefined): void {
    this.resources.set(nameOf(key), resource);
  }

  /** Gives up what is too much; between batches, since one batch may need more. */
  trim(): void {
    for (const name of this.resources.keys()) {
      if (this.resources.size <= CHAIN_TARGETS_KEPT_MAX) return;
      this.resources.delete(name);
    }
  }
}
