// A store on a database of its own, and the questions the store's tests ask of the tables.
import { definitionsFor, parseResource, type ParsedResource } from '../../../src/fhir';
import { OutboxDoorbell } from '../../../src/outbox';
import { Metrics, SystemClock, type Clock, type Database } from '../../../src/platform';
import { ResourceStore, type StoredVersion, type WriteContext } from '../../../src/store';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/deadline';
import { silentLog } from '../../support/silent-log';

export const context: WriteContext = { tenant: 'default', requestId: 'req-1', baseUrl: 'http://127.0.0.1:8080/fhir' };

export const definitions = definitionsFor('R4');

export interface OutboxRow {
  seq: number;
  event_id: string;
  type: string;
  id: string;
  version: number;
  interaction: string;
  label: string | null;
  root: string;
  root_hash: number;
  prev_root_hash: number | null;
  body_bytes: number;
  request_id: string;
  xid: string;
  written_at: Date;
}

export interface StoreFixture {
  readonly test: TestDatabase;
  readonly database: Database;
  readonly doorbell: OutboxDoorbell;
  readonly store: ResourceStore;
  /** A further store on the same database: another process, as far as the database can tell. */
  another(deps?: { clock?: Clock; database?: Database }): ResourceStore;
  outbox(type?: string, id?: string): Promise<OutboxRow[]>;
  versions(type?: string, id?: string): Promise<StoredVersion[]>;
}

export async function openStore(clock: Clock = new SystemClock()): Promise<StoreFixture> {
  const test = await createTestDatabase();
  const { database } = test;
  const doorbell = new OutboxDoorbell();
  const another = (deps: { clock?: Clock; database?: Database } = {}): ResourceStore =>
    new ResourceStore({ database, clock, definitions, doorbell, log: silentLog, metrics: new Metrics(), ...deps });
  const rowsOf = async <R extends object>(table: string, type?: string, id?: string): Promise<R[]> => {
    const order = table === 'outbox' ? 'seq' : 'type, id, version';
    const text = `select * from ${table} where ($1::text is null or type = $1) and ($2::text is null or id = $2) order by ${order}`;
    return (await database.query<R>({ text, values: [type ?? null, id ?? null] })).rows;
  };
  return {
    test,
    database,
    doorbell,
    store: another(),
    another,
    outbox: (type, id) => rowsOf<OutboxRow>('outbox', type, id),
    versions: async (type, id) =>
      (await rowsOf<StoredVersion & { last_updated: Date }>('resource_version', type, id)).map(
        ({ last_updated: lastUpdated, ...row }) => ({ ...row, lastUpdated }),
      ),
  };
}

export function resource(value: object): ParsedResource {
  return parseResource(JSON.stringify(value));
}

export const patient = (family = 'Who'): ParsedResource => resource({ resourceType: 'Patient', name: [{ family }] });

export const observation = (subject: string, text = 'x'): ParsedResource =>
  resource({ resourceType: 'Observation', status: 'final', code: { text }, subject: { reference: subject } });

/** Resolves when `count` sessions of this database wait for a lock. */
export async function blocked(database: Database, count = 1): Promise<void> {
  const text = `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await eventually(async () => (await database.query<{ n: number }>({ text, values: [] })).rows[0]!.n >= count, {
    what: `${count} sessions waiting for a lock`,
  });
}

/** Holds a transaction open until `release`; what `run` locked stays locked. */
export async function holding(
  database: Database,
  run: (query: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>) => Promise<void>,
): Promise<{ release(): Promise<void>; rollback(): Promise<void> }> {
  let settle!: (commits: boolean) => void;
  const decided = new Promise<boolean>((resolve) => (settle = resolve));
  let ready!: () => void;
  const locked = new Promise<void>((resolve) => (ready = resolve));
  const finished = database
    .transaction(async (tx) => {
      await run(async (text, values = []) => (await tx.query({ text, values })).rows);
      ready();
      if (!(await decided)) throw new Error('rolled back on purpose');
    })
    .catch((error: Error) => {
      // Expected: the rollback asked for below.
      if (error.message !== 'rolled back on purpose') throw error;
    });
  await Promise.race([locked, finished]);
  return {
    release: async () => {
      settle(true);
      await finished;
    },
    rollback: async () => {
      settle(false);
      await finished;
    },
  };
}

/** Versions and outbox rows one to one; seq rises with the version; versions 1..n without a gap; times rise. */
export async function expectOneEventPerVersion(fixture: StoreFixture): Promise<void> {
  const versions = await fixture.versions();
  const events = await fixture.outbox();
  const name = (row: { type: string; id: string; version: number }): string => `${row.type}/${row.id}/${row.version}`;
  expect(events.map(name).sort()).toEqual(versions.map(name).sort());
  const byResource = new Map<string, OutboxRow[]>();
  for (const event of events) {
    const key = `${event.type}/${event.id}`;
    byResource.set(key, [...(byResource.get(key) ?? []), event]);
  }
  for (const [key, ofOne] of byResource) {
    expect([key, ofOne.map((event) => event.version)]).toEqual([key, ofOne.map((_, index) => index + 1)]);
    const times = ofOne.map((event) => event.written_at.getTime());
    expect(times.every((time, index) => index === 0 || time > times[index - 1]!)).toBe(true);
  }
  const { rows } = await fixture.database.query({
    text: `select type, id, version, last_updated as "lastUpdated" from resource order by type, id`,
    values: [],
  });
  const newest = new Map(versions.map((row) => [`${row.type}/${row.id}`, row]));
  expect(rows).toEqual(
    [...newest.values()].map(({ type, id, version, lastUpdated }) => ({ type, id, version, lastUpdated })),
  );
}
