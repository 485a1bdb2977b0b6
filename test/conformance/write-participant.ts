// What every write participant must do: take part in each kind of write, leave nothing when the write does not commit, bear being asked again
// after a deadlock, refuse with an answer for the client, and redact without touching what it was given.
import { FhirError, type FhirResource, type ParsedResource } from '../../src/fhir';
import type { Database } from '../../src/platform';
import type { ResourceStore, WriteParticipant } from '../../src/store';
import {
  context,
  expectOneEventPerVersion,
  openStore,
  patient,
  type StoreFixture,
} from '../component/store/store-fixture';

export interface ParticipantUnderTest {
  /** Those it builds on first, itself last. */
  readonly participants: readonly WriteParticipant[];
  /** A valid resource of its type; another `note`, another body. */
  resource(note: string): ParsedResource;
  /** One that it, or what it builds on, must veto. */
  readonly refused: ParsedResource;
  /** Everything in the tables it writes. */
  ownRows(database: Database): Promise<readonly object[]>;
}

export function describeWriteParticipant(name: string, under: ParticipantUnderTest): void {
  const { type } = under.resource('');

  describe(`write participant: ${name}`, () => {
    let fixture: StoreFixture;
    let store: ResourceStore;
    let fail: (() => Error | undefined) | undefined;
    /** Comes last and fails when told to: the participant under test has then done all its work. */
    const failing: WriteParticipant = {
      types: [type],
      prepare: async () => undefined,
      commit: async () => {
        const error = fail?.();
        if (error) throw error;
      },
    };
    beforeAll(async () => {
      fixture = await openStore();
      store = fixture.store;
      for (const participant of [...under.participants, failing]) store.register(participant);
    });
    afterEach(() => {
      fail = undefined;
    });
    afterAll(async () => {
      await expectOneEventPerVersion(fixture);
      await fixture.test.drop();
    });

    it('takes part in create, update, delete, revival and Bundles: one version and one event each', async () => {
      await store.create(context, under.resource('a'), { id: 'w1' });
      await store.update(context, 'w1', under.resource('b'), { ifMatch: 1 });
      await store.delete(context, type, 'w1');
      await store.delete(context, type, 'w1');
      await store.update(context, 'w1', under.resource('c'));
      await store.transaction(context, [
        { kind: 'create', resource: under.resource('d'), id: 'w2' },
        { kind: 'delete', type, id: 'w1' },
        { kind: 'create', resource: patient() },
      ]);
      expect((await fixture.outbox(type, 'w1')).map((row) => row.interaction)).toEqual([
        'create',
        'update',
        'delete',
        'create',
        'delete',
      ]);
      expect(await fixture.versions(type, 'w2')).toHaveLength(1);
    });

    it('leaves nothing behind when the write fails after it', async () => {
      await store.create(context, under.resource('a'), { id: 'w3' });
      const before = await under.ownRows(fixture.database);
      fail = () => new Error('made to fail');
      await expect(store.create(context, under.resource('b'))).rejects.toThrow('made to fail');
      await expect(store.update(context, 'w3', under.resource('b'))).rejects.toThrow('made to fail');
      await expect(store.delete(context, type, 'w3')).rejects.toThrow('made to fail');
      const bundle = [
        { kind: 'create', resource: patient(), id: 'w3-other' },
        { kind: 'update', id: 'w3', resource: under.resource('c') },
      ] as const;
      await expect(store.transaction(context, bundle)).rejects.toThrow('made to fail');
      expect(await under.ownRows(fixture.database)).toEqual(before);
      expect(await fixture.versions(type, 'w3')).toHaveLength(1);
      expect(await fixture.versions('Patient', 'w3-other')).toEqual([]);
    });

    it('ends in the same place when a deadlock makes it begin again', async () => {
      const growth = async (write: () => Promise<unknown>): Promise<number> => {
        const before = (await under.ownRows(fixture.database)).length;
        await write();
        return (await under.ownRows(fixture.database)).length - before;
      };
      const undisturbed = await growth(() => store.create(context, under.resource('a'), { id: 'w4' }));
      let failures = 0;
      fail = () =>
        (failures += 1) <= 2 ? Object.assign(new Error('deadlock detected'), { code: '40P01' }) : undefined;
      expect(await growth(() => store.create(context, under.resource('a'), { id: 'w5' }))).toBe(undisturbed);
      expect(failures).toBe(3);
      expect(await fixture.versions(type, 'w5')).toHaveLength(1);
    });

    it('vetoes with an answer for the client, and nothing is stored', async () => {
      const before = await under.ownRows(fixture.database);
      const refusal = await store.create(context, under.refused, { id: 'w6' }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(refusal).toBeInstanceOf(FhirError);
      expect((refusal as FhirError).status).toBeGreaterThanOrEqual(400);
      expect((refusal as FhirError).status).toBeLessThan(500);
      expect(await under.ownRows(fixture.database)).toEqual(before);
      expect(await fixture.versions(type, 'w6')).toEqual([]);
    });

    it('redacts without touching what it was given, and twice is as once', async () => {
      const { version } = await store.create(context, under.resource('a'), { id: 'w7' });
      const [stored] = await fixture.versions(type, 'w7');
      for (const { redact } of under.participants) {
        if (!redact) continue;
        const given = JSON.parse(stored!.body!) as FhirResource;
        const once = redact(given);
        expect(given).toEqual(JSON.parse(stored!.body!));
        expect(redact(once)).toEqual(once);
      }
      expect((await store.read('default', type, 'w7'))!.version).toBe(version!.version);
    });
  });
}
