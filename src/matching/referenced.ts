// What the claimed events refer to, as far as criteria ask: for each event the newest version not written after it, so that a repeat decides
// alike. One statement per step of the longest chain tells the versions, one more reads the bodies that are not known yet.
import {
  SearchSubject,
  searchLimits,
  unreadTargets,
  type FhirDefinitions,
  type FhirResource,
  type ReferencedSubjects,
} from '../fhir';
import type { Tx } from '../platform';
import type { AsOfKey, ResourceStore, VersionKey } from '../store';
import { KnownVersions } from './known-versions';
import { CHAIN_TARGETS_MAX } from './limits';
import type { AskedChain } from './match-index.contract';
import { nameOf, readBodies } from './version-bodies';

export interface ReferencedDeps {
  readonly store: Pick<ResourceStore, 'readVersions' | 'versionsAsOf'>;
  readonly definitions: FhirDefinitions;
}

/** A resource that chains start from, at the time they are asked about. */
export interface ChainStart {
  readonly tenant: string;
  readonly resource: FhirResource;
  readonly at: Date;
  readonly chains: readonly AskedChain[];
}

/** One start, and what was read for it so far. */
class Reading {
  private readonly read = new Map<string, SearchSubject | undefined>();
  private readonly subject: SearchSubject;

  constructor(
    private readonly definitions: FhirDefinitions,
    private readonly start: ChainStart,
  ) {
    this.subject = new SearchSubject(definitions, start.resource, this.referenced);
  }

  /** Throws for what was not read: to take it for "no match" would lose notifications. */
  readonly referenced: ReferencedSubjects = (key) => {
    if (!this.read.has(key)) throw new Error(`${key} was not read for a chain`);
    return this.read.get(key);
  };

  unread(): AsOfKey[] {
    const isRead = (key: string): boolean => this.read.has(key);
    const { tenant, at, chains } = this.start;
    const keys = chains.flatMap(({ path, baseUrl }) => unreadTargets(path, this.subject, baseUrl, isRead));
    return [...new Set(keys)].map((key) => {
      const [type = '', id = ''] = key.split('/');
      return { tenant, type, id, at };
    });
  }

  take({ type, id }: AsOfKey, resource: FhirResource | undefined): void {
    this.read.set(`${type}/${id}`, resource && new SearchSubject(this.definitions, resource, this.referenced));
  }
}

interface Wanted {
  readonly reading: Reading;
  readonly key: AsOfKey;
}

/**
 * In: what events start from, in order. Out: for a prefix of them (at least one) what they refer to; the rest would be too much to read at
 * once. With `tx`, sees what that transaction sees.
 */
export async function readReferenced(
  deps: ReferencedDeps,
  starts: readonly ChainStart[],
  known: KnownVersions = new KnownVersions(),
  tx?: Tx,
): Promise<readonly ReferencedSubjects[]> {
  const readings = starts.map((start) => new Reading(deps.definitions, start));
  let total = 0;
  // One round more than there are links finds nothing left to read.
  for (let round = 0; round <= searchLimits.chainLinksMax; round += 1) {
    const wanted: Wanted[] = [];
    for (const [index, reading] of readings.entries()) {
      const keys = reading.unread();
      total += keys.length;
      if (total > CHAIN_TARGETS_MAX && index > 0) {
        readings.length = index;
        break;
      }
      wanted.push(...keys.map((key) => ({ reading, key })));
    }
    if (wanted.length === 0) break;
    await readStep(deps, wanted, known, tx);
  }
  known.trim();
  return readings.map(({ referenced }) => referenced);
}

async function readStep(
  { store }: ReferencedDeps,
  wanted: readonly Wanted[],
  known: KnownVersions,
  tx: Tx | undefined,
): Promise<void> {
  const keys = wanted.map(({ key }) => key);
  const versions = await store.versionsAsOf(keys, tx);
  const missing = new Map<string, VersionKey>();
  for (const key of versions) if (key && !known.has(key)) missing.set(nameOf(key), key);
  const found = await readBodies(store, missing.values(), tx);
  for (const [name, key] of missing) known.set(key, found.get(name));
  for (const [index, { reading, key }] of wanted.entries()) {
    const version = versions[index];
    reading.take(key, version && known.get(version));
  }
}
