// What every match index must answer, whatever its inside: who matches, in order, each once, by criteria, interval, end and wish for deletes.
import { definitionsFor, parseCriteria, type FhirResource } from '../../src/fhir';
import type { MatchIndex, MatchInput } from '../../src/matching';
import { parseSnapshot } from '../../src/subscriptions';
import { RegistryGroups, type NewEntry } from '../../src/subscriptions/registry-groups';

export const definitions = definitionsFor('R4');
const baseUrl = 'http://127.0.0.1/fhir';

/** Builds an index that follows `groups`: what is put or removed there later must be answered too. */
export type MakeIndex = (groups: RegistryGroups) => MatchIndex;

type Changes = Partial<Omit<NewEntry, 'intervals'>> & { opened?: string; closed?: string };

function entry(subscriptionKey: number, criteria: string, changes: Changes = {}): NewEntry {
  const { opened, closed, ...facts } = changes;
  const query = parseCriteria(definitions, criteria, { baseUrl });
  const interval = {
    query,
    ...(opened && { opened: parseSnapshot(opened) }),
    ...(closed && { closed: parseSnapshot(closed) }),
  };
  return {
    subscriptionKey,
    tenant: 'default',
    id: `s${subscriptionKey}`,
    sendDeletes: false,
    ...facts,
    intervals: [interval],
  };
}

function input(resource: FhirResource, changes: Partial<MatchInput> = {}): MatchInput {
  const { resourceType: type, id = 'x' } = resource;
  const writtenAt = new Date('2026-01-01T00:00:00Z');
  return { tenant: 'default', type, id, xid: 100, writtenAt, isDelete: false, resource, ...changes };
}

const female: FhirResource = { resourceType: 'Patient', id: 'p', gender: 'female', active: true };

export function describeMatchIndex(name: string, make: MakeIndex): void {
  describe(`match index: ${name}`, () => {
    let groups: RegistryGroups;
    let index: MatchIndex;
    beforeEach(() => {
      groups = new RegistryGroups();
      index = make(groups);
    });

    const keys = (given: MatchInput): number[] => {
      const answer = index.match(given);
      expect(answer.broken).toEqual([]);
      return answer.matched.map((one) => one.subscriptionKey);
    };

    it('answers who matches, in order of key, each once', () => {
      groups.put(entry(3, 'Patient?gender=female'));
      groups.put(entry(1, 'Patient'));
      groups.put(entry(2, 'Patient?gender=male'));
      groups.put(entry(5, '/Patient?gender=female'));
      groups.put(entry(4, 'Encounter'));
      expect(keys(input(female))).toEqual([1, 3, 5]);
      expect(keys(input({ resourceType: 'Encounter', id: 'e' }))).toEqual([4]);
      expect(keys(input({ resourceType: 'Observation', id: 'o' }))).toEqual([]);
    });

    it('matches a subscription once when two of its intervals would', () => {
      const two = entry(1, 'Patient', { closed: '200:200:' });
      groups.put({ ...two, intervals: [...two.intervals, ...entry(1, 'Patient?gender=female').intervals] });
      expect(keys(input(female))).toEqual([1]);
    });

    it('judges by the interval', () => {
      groups.put(entry(1, 'Patient', { opened: '50:50:', closed: '150:150:' }));
      groups.put(entry(2, 'Patient', { opened: '100:101:100' }));
      groups.put(entry(3, 'Patient', { opened: '150:150:' }));
      expect(keys(input(female, { xid: 100 }))).toEqual([1, 2]);
      expect(keys(input(female, { xid: 49 }))).toEqual([]);
      expect(keys(input(female, { xid: 160 }))).toEqual([2, 3]);
    });

    it('does not match after the end', () => {
      groups.put(entry(1, 'Patient', { endsAt: new Date('2026-01-01T00:00:00Z') }));
      expect(keys(input(female))).toEqual([1]);
      expect(keys(input(female, { writtenAt: new Date('2026-01-01T00:00:00.001Z') }))).toEqual([]);
    });

    it('does not match before the start', () => {
      groups.put(entry(1, 'Patient', { startsAt: new Date('2026-01-01T00:00:00Z') }));
      expect(keys(input(female))).toEqual([1]);
      expect(keys(input(female, { writtenAt: new Date('2025-12-31T23:59:59.999Z') }))).toEqual([]);
    });

    it('tells deletes to those who asked', () => {
      groups.put(entry(1, 'Patient'));
      expect(index.mayMatch('default', 'Patient', true)).toBe(false);
      groups.put(entry(2, 'Patient', { sendDeletes: true }));
      groups.put(entry(3, 'Patient?gender=male', { sendDeletes: true }));
      expect(index.mayMatch('default', 'Patient', true)).toBe(true);
      expect(keys(input(female, { isDelete: true }))).toEqual([2]);
      expect(keys(input(female))).toEqual([1, 2]);
    });

    it('never matches a Subscription against itself', () => {
      groups.put(entry(1, 'Subscription'));
      groups.put(entry(2, 'Subscription'));
      expect(keys(input({ resourceType: 'Subscription', id: 's1' }))).toEqual([2]);
    });

    it('keeps tenants apart', () => {
      groups.put(entry(1, 'Patient'));
      groups.put(entry(2, 'Patient', { tenant: 'other' }));
      expect(keys(input(female, { tenant: 'other' }))).toEqual([2]);
      expect(index.mayMatch('third', 'Patient', false)).toBe(false);
    });

    it('follows changes, removals and forgotten snapshots', () => {
      groups.put(entry(1, 'Patient?gender=male'));
      groups.put(entry(2, 'Patient', { opened: '200:200:' }));
      groups.put(entry(3, 'Patient', { closed: '300:300:' }));
      expect(keys(input(female))).toEqual([3]);
      groups.put(entry(1, 'Patient?gender=female'));
      groups.forget(new Set(['200:200:', '300:300:']));
      expect(keys(input(female))).toEqual([1, 2]);
      groups.remove(1);
      groups.remove(2);
      expect(index.mayMatch('default', 'Patient', false)).toBe(false);
      expect(keys(input(female))).toEqual([]);
    });
  });
}
