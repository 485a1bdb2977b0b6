// A short piece of every event's road, for tests that strike at one step of it: writes of all kinds, a receiver that fails now and then,
// and the questions that must have the same answers wherever the strike fell.
import { auditLedger } from '../../src/deliveries';
import type { Database } from '../../src/platform';
import { eventually } from './deadline';
import { judge } from './deliveries';
import type { Answer, FhirClient } from './fhir-client';
import { Ledger } from './ledger';
import { SubscriberStub } from './subscriber-stub';
import { restHook, subscribe } from './subscription';

/** Short leases and sweeps, so that what a strike leaves behind is picked up within seconds. */
export const roadEnv = {
  HERALD_TEST_MODE: 'true',
  HERALD_DELIVERY_DEADLINE: '1s',
  HERALD_DELIVERY_LEASE: '3s',
  HERALD_DELIVERY_RENEW: '100ms',
  HERALD_DELIVERY_SWEEP: '100ms',
  HERALD_MATCH_SWEEP: '100ms',
};

const resources = 4;
const rounds = 3;
const slowEvery = 9;
const failEvery = 4;
/** Longer than the part of a lease after which it is renewed. */
const slowMs = 700;

export class FailpointRoad {
  /** Some answers take so long that leases are renewed meanwhile. */
  isSlow = false;
  private writes = 0;
  /** `Type/id/version` of everything that was answered as committed. */
  private readonly acknowledged = new Set<string>();

  private constructor(
    readonly receiver: SubscriberStub,
    private readonly database: Database,
  ) {}

  static async build(database: Database): Promise<FailpointRoad> {
    const receiver = await SubscriberStub.start();
    const road = new FailpointRoad(receiver, database);
    receiver.answer((_request, number) => ({
      status: number % failEvery === 0 ? 503 : 200,
      delayMs: road.isSlow && number % slowEvery === 0 ? slowMs : 0,
    }));
    return road;
  }

  /** Two Subscriptions that hear of every Patient; a single failure is told to them, so that health is written too. */
  async subscribe(herald: FhirClient): Promise<void> {
    const settings = { 'retry-delay': '30ms', 'error-after': '0s', 'error-after-attempts': 1, 'send-deletes': true };
    await subscribe(herald, restHook('Patient', `${this.receiver.url}/one`, { settings }));
    const ordered = { ...settings, 'ordering-key': 'patient' };
    await subscribe(herald, restHook('Patient', `${this.receiver.url}/two`, { settings: ordered }));
  }

  /** Creates, updates, deletes and a Bundle; whatever is not answered is asked again while `isUp` says so, as clients do. */
  async write(herald: FhirClient, isUp: () => boolean = () => true): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(
        Array.from({ length: resources }, (_, n) => this.again(isUp, () => herald.put(this.patient(`p${n}`)))),
      );
    }
    const fresh = { resourceType: 'Patient', active: true };
    await this.again(isUp, () => herald.post(fresh));
    await this.again(isUp, () => herald.del('Patient/p0'));
    await this.again(isUp, () => herald.post(this.bundle()));
  }

  /** Whether everything that was committed has been delivered. */
  async isDrained(): Promise<boolean> {
    const { rows } = await this.database.query<{ waiting: number }>({
      text: `select (select count(*) from outbox where matched_at is null)
                  + (select count(*) from delivery where ended_at is null) as waiting`,
      values: [],
    });
    return rows[0]!.waiting === 0;
  }

  /** What must be so once nothing waits any more; asked again for a while, since a status told last may still be on its way. Empty when all is well. */
  async faults(): Promise<unknown[]> {
    let found: unknown[] = [];
    const ask = async (): Promise<boolean> => (found = await this.faultsNow()).length === 0;
    await eventually(ask, { deadlineMs: 3_000, everyMs: 200 }).catch(() => undefined);
    return found;
  }

  private async faultsNow(): Promise<unknown[]> {
    const ledger = new Ledger(this.database);
    const { distinct, ...verdict } = judge(this.receiver.processed);
    const { delivered, ...others } = await ledger.states();
    const now = new Date(performance.timeOrigin + performance.now());
    const found: unknown[] = [...(await ledger.violations()), ...(await auditLedger(this.database, now))];
    const isQuiet = verdict.orderViolations + verdict.gaps + verdict.unequalRepeats === 0;
    if (!isQuiet) found.push(verdict);
    if (Object.keys(others).length > 0) found.push({ undelivered: others });
    if (delivered !== distinct) found.push({ delivered, arrived: distinct });
    return [...found, ...(await this.lost()), ...(await this.twiceWritten())];
  }

  stop(): Promise<void> {
    return this.receiver.stop();
  }

  private patient(id: string): { resourceType: string; id: string; birthDate: string } {
    this.writes += 1;
    return { resourceType: 'Patient', id, birthDate: `${1000 + this.writes}` };
  }

  private bundle(): { resourceType: string } {
    const entry = ['p0', 'p1'].map((id) => ({
      resource: this.patient(id),
      request: { method: 'PUT', url: `Patient/${id}` },
    }));
    return { resourceType: 'Bundle', type: 'transaction', entry } as { resourceType: string };
  }

  private async again(isUp: () => boolean, write: () => Promise<Answer>): Promise<void> {
    while (isUp()) {
      // Refused and broken connections are what a dead server answers.
      const answer = await write().catch(() => undefined);
      if (answer === undefined || answer.status >= 500) continue;
      if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
      return this.note(answer);
    }
  }

  private note({ headers, body }: Answer): void {
    const locations: (string | undefined)[] =
      body?.resourceType === 'Bundle'
        ? body.entry.map((entry: any) => entry.response.location as string)
        : [headers['location'] ?? headers['content-location']];
    for (const location of locations) {
      const match = /([A-Z]\w+)\/([^/]+)\/_history\/(\d+)$/.exec(location ?? '');
      if (match) this.acknowledged.add(`${match[1]}/${match[2]}/${match[3]}`);
    }
  }

  /** Answered as committed, and not there; or there, and not delivered to both. */
  private async lost(): Promise<unknown[]> {
    const { rows } = await this.database.query<{ name: string; told: number }>({
      text: `select v.type || '/' || v.id || '/' || v.version as name,
                    (select count(*) from delivery d where (d.type, d.id, d.version) = (v.type, v.id, v.version)) as told
               from resource_version v where v.type = 'Patient'`,
      values: [],
    });
    const told = new Map(rows.map((row) => [row.name, row.told]));
    const missing = [...this.acknowledged].filter((name) => !told.has(name)).map((name) => ({ lostCommit: name }));
    return [...missing, ...rows.filter((row) => row.told !== 2).map((row) => ({ notMatched: row }))];
  }

  /** One request, one row: a batch that was written twice would show twice. */
  private async twiceWritten(): Promise<unknown[]> {
    const { rows } = await this.database.query({
      text: `select subscription_key, event_no, epoch, started_at, count(*) as attempts from attempt
              group by 1, 2, 3, 4 having count(*) > 1`,
      values: [],
    });
    return rows;
  }
}
