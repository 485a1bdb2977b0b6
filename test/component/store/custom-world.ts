// Processes that share a database and search parameters of one's own: one that is asked for everything, one that hears of nothing by itself.
import { parseSearch, type FhirDefinitions } from '../../../src/fhir';
import { Metrics, SystemClock, type Database } from '../../../src/platform';
import {
  CustomParameterParticipant,
  CustomParameters,
  Reindex,
  reindexJobs,
  requestReindex,
  ResourceStore,
} from '../../../src/store';
import { searchParameter } from '../../support/search-parameter';
import { silentLog } from '../../support/silent-log';
import { context, definitions as standard, openStore, resource, type StoreFixture } from './store-fixture';

export interface Process {
  readonly custom: CustomParameters;
  readonly store: ResourceStore;
  readonly asked: FhirDefinitions;
}

/** Anew for each test of a file that calls `useCustomWorld`. */
export let fixture: StoreFixture;
export let here: Process;
export let lagging: Process;
/** Ids of the Subscriptions that the participant is told of. */
export const users: string[] = [];

export function useCustomWorld(): void {
  beforeEach(async () => {
    fixture = await openStore();
    users.length = 0;
    here = open();
    lagging = open();
  });
  afterEach(() => fixture.test.drop());
}

/** Another process, which has heard of nothing. */
export function open(database: Database = fixture.database): Process {
  const clock = new SystemClock();
  const custom = new CustomParameters(standard, silentLog);
  const { stored, searched: asked } = custom.definitions;
  const ground = { database, clock, doorbell: fixture.doorbell, log: silentLog, metrics: new Metrics() };
  const store = new ResourceStore({ ...ground, definitions: stored, custom });
  const usersOf = () => Promise.resolve([...users]);
  store.register(new CustomParameterParticipant({ standard, usersOf, custom, database, log: silentLog }));
  return { custom, store, asked };
}

export const code = searchParameter('Flag.code', 'token', 'Flag.code');
export const define = (parameter = code) => here.store.update(context, parameter.id, resource(parameter));
export const flag = (text: string) =>
  resource({ resourceType: 'Flag', status: 'active', code: { coding: [{ code: text }] }, subject: { display: 'x' } });

export async function found(query: string, { store, asked, custom } = here): Promise<string[]> {
  await custom.refresh(fixture.database);
  const read = parseSearch(asked, 'Flag', [...new URLSearchParams(query)], { baseUrl: context.baseUrl });
  return (await store.search(context, read)).resources.map(({ id }) => id).sort();
}

export const ask = (type = 'Flag') =>
  requestReindex(fixture.database, new Date(), { tenant: 'default', types: [type], baseUrl: context.baseUrl });
const signal = new AbortController().signal;
export const worker = ({ custom } = here) =>
  new Reindex({ database: fixture.database, custom, clock: new SystemClock(), log: silentLog });
export const turn = (mayGoOn = () => true, epoch = 1) => ({ epoch, signal, mayGoOn: () => Promise.resolve(mayGoOn()) });
export const isDone = async () =>
  (await reindexJobs(fixture.database, 'default')).every(({ finishedAt }) => finishedAt);

export async function reindex(): Promise<void> {
  await ask();
  await worker().work(turn());
  expect(await isDone()).toBe(true);
}
