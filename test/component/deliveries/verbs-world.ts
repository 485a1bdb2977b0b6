// The operator's verbs over a ledger with a real deliverer and a real receiver: what the specs of the verbs share.
import { isDeepStrictEqual } from 'node:util';
import {
  auditLedger,
  DeliveryVerbs,
  listOperatorLog,
  type AuditFinding,
  type OperatorLogEntry,
  type Order,
} from '../../../src/deliveries';
import { channelCatalogue } from '../../../src/channels';
import { EgressClient } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/deadline';
import { SubscriberStub } from '../../support/subscriber-stub';
import { Delivering, emptyLedger } from './delivering';

export const order = (change: Partial<Order> = {}): Order => ({
  tenant: 'default',
  who: 'olga',
  reason: 'a test',
  requestId: 'req-1',
  ...change,
});

export class VerbsWorld {
  db!: TestDatabase;
  herald!: Delivering;
  receiver!: SubscriberStub;
  verbs!: DeliveryVerbs;
  /** Subscriptions that were asked to leave `off`, and by whom. */
  requested: { key: number; caller: string }[] = [];
  private egress!: EgressClient;
  private logged = 0;

  /** Gives every test of the file a clean ledger; one database for all. */
  static forFile(): VerbsWorld {
    const world = new VerbsWorld();
    beforeAll(async () => {
      world.db = await createTestDatabase();
    });
    afterAll(async () => world.db.drop());
    beforeEach(async () => world.open());
    afterEach(async () => world.close());
    return world;
  }

  async audit(): Promise<AuditFinding[]> {
    return auditLedger(this.db.database, this.herald.clock.now());
  }

  async rows<R extends object>(text: string, ...values: unknown[]): Promise<R[]> {
    return (await this.db.database.query<R>({ text, values })).rows;
  }

  /** Until the deliveries of subscription 1 are in exactly these states. */
  async settled(states: Record<string, number>): Promise<void> {
    const what = `the states ${JSON.stringify(states)}`;
    await eventually(async () => isDeepStrictEqual(await this.herald.states(1), states), { what, everyMs: 5 });
  }

  /** Until nobody has a slice in hand. */
  async atRest(): Promise<void> {
    const leased = (): Promise<unknown[]> => this.rows('select 1 from slice where lease_until is not null');
    await eventually(async () => (await leased()).length === 0, { what: 'every slice to be given back', everyMs: 5 });
  }

  /** Event numbers in the order in which they arrived. */
  numbers(): number[] {
    return this.receiver.requests.map((request) => Number(request.headers['herald-event-number']));
  }

  /** What this test has added to the book, newest first: nothing is ever taken out of it. */
  async log(): Promise<OperatorLogEntry[]> {
    const entries = await this.wholeLog();
    return entries.slice(0, entries.length - this.logged);
  }

  /** Makes dead letters of these numbers by hand, as an endpoint would in fifteen minutes. */
  async kill(...eventNos: number[]): Promise<void> {
    const text = `update delivery set state = 'dead', reason = 'poison', ended_at = $2 where event_no = any($1)`;
    await this.rows(text, eventNos, this.herald.clock.now());
  }

  /** Says of all waiting ones that they were delivered. */
  async deliverByHand(): Promise<void> {
    const text = `update delivery set state = 'delivered', ended_at = $1 where state = 'pending'`;
    await this.rows(text, this.herald.clock.now());
  }

  private wholeLog(): Promise<OperatorLogEntry[]> {
    return listOperatorLog(this.db.database, { tenant: 'default' }, { limit: 500 });
  }

  private async open(): Promise<void> {
    this.herald = new Delivering(this.db.database);
    this.receiver = await SubscriberStub.start();
    this.egress = new EgressClient({
      allowPrivate: ['127.0.0.0/8'],
      allowHttp: ['127.0.0.1'],
      connectTimeoutMs: 30_000,
      connectionsPerOrigin: 8,
      responseBytesMax: 1_000,
    });
    this.requested = [];
    this.logged = (await this.wholeLog()).length;
    const { clock, doorbell } = this.herald;
    this.verbs = new DeliveryVerbs({
      database: this.db.database,
      clock,
      doorbell,
      channels: channelCatalogue({ egress: this.egress, clock, excerptBytesMax: 100 }),
      readSubscriptions: (keys) => this.herald.readSubscriptions(keys),
      request: (key, caller) => {
        this.requested.push({ key, caller });
        return Promise.resolve(false);
      },
      // A slice taken from its owner rests for two seconds.
      leaseMs: 16_000,
    });
  }

  private async close(): Promise<void> {
    await this.herald.stop();
    await this.egress.close();
    await this.receiver.stop();
    await emptyLedger(this.db.database);
  }
}
