// Criteria that ask what a resource refers to: decided by what that was when the event was written, however late it is matched.
import type { FhirResource } from '../../../src/fhir';
import type { AskedChain } from '../../../src/matching';
import { searchLimits } from '../../../src/fhir';
import { FakeClock } from '../../support/fake-clock';
import { context, subscribe, subscription } from '../subscriptions/world';
import { checkLedger, createMatchWorld, rootOf, settle, told, write, type MatchSide, type MatchWorld } from './world';

let world: MatchWorld;
let clock: FakeClock;
beforeEach(async () => {
  clock = new FakeClock('2026-01-01T00:00:00.000Z');
  world = await createMatchWorld({ clock });
});
afterEach(() => world.stop());

const NHS = 'https://fhir.nhs.uk/Id/nhs-number';
const person = (id: string, number: string, changes: object = {}): FhirResource => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: NHS, value: number }],
  ...changes,
});
const flag = (id: string, patient: string): FhirResource => ({
  resourceType: 'Flag',
  id,
  status: 'active',
  code: { text: 'x' },
  subject: { reference: patient },
});
const later = () => clock.advance(1_000);

it('S2.11: a Flag is told by the logical identifier of its patient', async () => {
  await subscribe(world, subscription(`Flag?patient.identifier=${NHS}|9434765919`, { id: 's' }));
  await write(world, person('p', '9434765919'));
  await write(world, person('q', '1'));
  await write(world, flag('f', 'Patient/p'));
  await write(world, flag('g', 'Patient/q'));
  await write(world, flag('h', 'Patient/nobody'));
  await write(world, flag('f', 'Patient/p'));
  const named = (value: string) => ({
    ...flag('n', ''),
    subject: { type: 'Patient', identifier: { system: NHS, value } },
  });
  await write(world, named('9434765919'));
  await write(world, named('1'));
  await settle(world.newMatcher());
  expect(await told(world, 's')).toEqual(['f/1', 'f/2', 'n/1']);
  await checkLedger(world);
});

it('S2.11: a DocumentReference is told by the identifier of its subject, named in the reference or held by what it leads to', async () => {
  await subscribe(world, subscription(`DocumentReference?subject:identifier=${NHS}|9434765919`, { id: 's' }));
  const about = (id: string, subject: object): FhirResource => ({
    resourceType: 'DocumentReference',
    id,
    status: 'current',
    content: [{ attachment: { title: id } }],
    subject,
  });
  await write(world, person('p', '9434765919'));
  await write(world, person('q', '1'));
  await write(world, { resourceType: 'Group', id: 'g', type: 'person', actual: true });
  await write(world, about('named', { identifier: { system: NHS, value: '9434765919' } }));
  await write(world, about('led', { reference: 'Patient/p' }));
  await write(world, about('both', { reference: 'Patient/p', identifier: { system: NHS, value: '9434765919' } }));
  await write(world, about('other', { reference: 'Patient/q', identifier: { system: NHS, value: '1' } }));
  await write(world, about('nobody', { reference: 'Patient/none' }));
  await write(world, about('group', { reference: 'Group/g' }));
  await settle(world.newMatcher());
  expect((await told(world, 's')).sort()).toEqual(['both/1', 'led/1', 'named/1']);
  await checkLedger(world);
});

it('the target is read as of the event, not of matching', async () => {
  await subscribe(world, subscription('Flag?patient.identifier=before', { id: 'before' }));
  await subscribe(world, subscription('Flag?patient.identifier=after', { id: 'after' }));
  await write(world, person('p', 'before'));
  await later();
  await write(world, flag('f', 'Patient/p'));
  await later();
  await write(world, person('p', 'after'));
  await later();
  await write(world, flag('f', 'Patient/p'));
  await later();
  await world.store.delete(context, 'Patient', 'p');
  await later();
  await write(world, flag('f', 'Patient/p'));
  await settle(world.newMatcher());
  expect([await told(world, 'before'), await told(world, 'after')]).toEqual([['f/1'], ['f/2']]);
});

it('a match that was rolled back decides the same when it is repeated', async () => {
  await subscribe(world, subscription('Flag?patient.identifier=before', { id: 's' }));
  await write(world, person('p', 'before'));
  await later();
  await write(world, flag('f', 'Patient/p'));
  const failing = world.newMatcher({
    schedule: () => {
      throw new Error('lost');
    },
  });
  await expect(failing.matcher.matchRound({ now: () => [rootOf('p')], more: () => [] })).rejects.toThrow('lost');
  await later();
  await write(world, person('p', 'after'));
  await settle(world.newMatcher());
  expect(await told(world, 's')).toEqual(['f/1']);
});

it('chains of several links, untyped ones and negations mean what they mean in a search', async () => {
  const criteria = {
    two: 'Flag?patient.organization.name=clinic',
    untyped: 'Flag?subject.identifier=1',
    not: 'Flag?patient.gender:not=male',
    missing: 'Flag?patient.gender:missing=true',
    both: `Flag?patient.identifier=1&_id=a,b`,
    date: 'Flag?patient.birthdate=lt1990-01-01',
    name: 'Flag?patient.name:contains=mit',
  };
  for (const [id, text] of Object.entries(criteria)) await subscribe(world, subscription(text, { id }));
  await write(world, { resourceType: 'Organization', id: 'o', name: 'Clinic' });
  await write(
    world,
    person('p', '1', {
      gender: 'male',
      birthDate: '1980-01-01',
      name: [{ family: 'Smith' }],
      managingOrganization: { reference: 'Organization/o' },
    }),
  );
  await write(world, person('q', '2'));
  await write(world, { resourceType: 'Location', id: 'l', identifier: [{ value: '1' }] });
  for (const [id, subject] of Object.entries({ a: 'Patient/p', b: 'Patient/q', c: 'Location/l', d: 'Patient/none' })) {
    await write(world, flag(id, subject));
  }
  await settle(world.newMatcher());
  const heard = Object.fromEntries(
    await Promise.all(Object.keys(criteria).map(async (id) => [id, (await told(world, id)).sort()] as const)),
  );
  expect(heard).toEqual({
    two: ['a/1'],
    untyped: ['a/1', 'c/1'],
    not: ['b/1'],
    missing: ['b/1'],
    both: ['a/1'],
    date: ['a/1'],
    name: ['a/1'],
  });
});

it('only the paths in use are read, and one that is given up is not read any more', async () => {
  const side = world.newMatcher();
  const chains = (): readonly AskedChain[] => side.index.chainsOf('default', 'Flag');
  await side.matcher.prime();
  expect(chains()).toEqual([]);
  await subscribe(world, subscription('Flag?patient.identifier=1', { id: 'a' }));
  await subscribe(world, subscription('Flag?patient.identifier=2', { id: 'b' }));
  await subscribe(world, subscription('Flag?patient.organization.name=x', { id: 'c' }));
  await side.matcher.prime();
  expect(chains().map(({ path }) => path.text)).toEqual([
    'patient(Patient)',
    'patient(Patient.organization(Organization))',
  ]);
  for (const id of ['b', 'c']) await world.store.delete(context, 'Subscription', id);
  await settle(side);
  await settle(side);
  expect(chains().map(({ path }) => path.text)).toEqual(['patient(Patient)']);
});

it('reads for a whole batch at once, whatever the number of events', async () => {
  await subscribe(world, subscription('Flag?patient.organization.name=clinic', { id: 's' }));
  await write(world, { resourceType: 'Organization', id: 'o', name: 'Clinic' });
  for (let n = 0; n < 5; n += 1) {
    await write(world, person(`p${n}`, `${n}`, { managingOrganization: { reference: 'Organization/o' } }));
  }
  const calls: number[] = [];
  const store = {
    readVersions: (...given: Parameters<typeof world.store.readVersions>) => world.store.readVersions(...given),
    versionsAsOf: (...given: Parameters<typeof world.store.versionsAsOf>) => {
      calls.push(given[0].length);
      return world.store.versionsAsOf(...given);
    },
  };
  const side: MatchSide = world.newMatcher({ store });
  await settle(side);
  for (let n = 0; n < 20; n += 1) await write(world, flag(`f${n}`, `Patient/p${n % 5}`));
  await settle(side);
  expect(await told(world, 's')).toHaveLength(20);
  expect(calls.length).toBeLessThanOrEqual(searchLimits.chainLinksMax);
  expect(calls).toEqual([20, 20]);
});
