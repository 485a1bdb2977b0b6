// The same steps as the model's, done by the room's own statements in Postgres, with time given from outside.
import { claimSlices } from '../../../src/deliveries/ledger/claim';
import { passBarriers } from '../../../src/deliveries/ledger/barrier';
import { finishResults, lookAgain, type FinishResult, type Finished } from '../../../src/deliveries/ledger/finish';
import { renewLeases } from '../../../src/deliveries/ledger/leases';
import type { Window } from '../../../src/deliveries/ledger/rows';
import { writeRuntimes } from '../../../src/deliveries/ledger/runtime';
import { scheduleDeliveries } from '../../../src/deliveries/ledger/schedule';
import type { Database } from '../../../src/platform';
import { event } from './delivering';
import type {
  LoadedWindow,
  LookAnswer,
  LookRequest,
  ModelSettings,
  Ordering,
  Row,
  SliceState,
  Snapshot,
  Held,
} from './ledger-model';

const at = (ms: number): Date => new Date(ms);
const ms = (time: Date | number | null): number | null => (time === null ? null : Number(time));

export class SqlLedger {
  constructor(
    readonly database: Database,
    private readonly key: number,
    private readonly settings: ModelSettings,
  ) {}

  async open(now: number, ordering: Ordering = 'focus'): Promise<void> {
    await this.write(now, ordering);
  }

  async schedule(now: number, ids: readonly string[]): Promise<void> {
    const matched = ids.map((id) => ({ subscriptionKey: this.key, event: event(id) }));
    await this.database.transaction(async (tx) => scheduleDeliveries(tx, at(now), matched));
  }

  async switchOrdering(now: number, ordering: Ordering): Promise<void> {
    await this.write(now, ordering);
  }

  async claim(now: number): Promise<LoadedWindow[]> {
    const claim = await claimSlices(this.database, {
      ...this.settings,
      now: at(now),
      slicesMax: 100,
      includeNarrow: false,
    });
    return claim.slices
      .map((slice) => ({
        sliceNo: slice.sliceNo,
        epoch: slice.epoch,
        leaseUntil: slice.leaseUntil.getTime(),
        ...shown(slice.window),
      }))
      .sort((a, b) => a.sliceNo - b.sliceNo);
  }

  async finish(results: readonly FinishResult[], now: number): Promise<Finished[]> {
    const finished = await this.database.transaction((tx) => finishResults(tx, results, at(now)));
    return finished.map(({ accepted, changed }) => ({ accepted, changed }));
  }

  async renew(slices: readonly { sliceNo: number; epoch: number }[], until: number): Promise<number[]> {
    const owned = slices.map((slice) => ({ ...slice, subscriptionKey: this.key, successes: [] }));
    const renewed = await this.database.transaction((tx) => renewLeases(tx, owned, at(until)));
    return renewed.map(({ sliceNo }) => sliceNo).sort((a, b) => a - b);
  }

  async look(requests: readonly LookRequest[], now: number): Promise<LookAnswer[]> {
    const slices = requests.map((request) => ({
      ...request,
      subscriptionKey: this.key,
      successes: [],
      wantsResends: true,
    }));
    const looked = await this.database.transaction(async (tx) =>
      lookAgain(tx, slices, { ...this.settings, now: at(now) }),
    );
    return looked.map((one): LookAnswer => {
      if (one.outcome !== 'window') return { outcome: one.outcome };
      return { outcome: 'window', ...(one.window ? shown(one.window) : { rows: [], hasMore: false }) };
    });
  }

  async passBarriers(now: number): Promise<void> {
    await passBarriers(this.database, this.key, at(now));
  }

  async snapshot(): Promise<Snapshot> {
    const rows = await this.read<Row>(
      `select event_no as "eventNo", key_hash as "keyHash", slice_no as "sliceNo", state, attempts from delivery where subscription_key = $1 order by 1`,
    );
    const held = await this.read<Omit<Held, 'nextAt'> & { nextAt: Date }>(
      `select key_hash as "keyHash", slice_no as "sliceNo", kind, head_event_no as head, next_at as "nextAt", attempts
         from held_key where subscription_key = $1 order by 1`,
    );
    const slices = await this.read<{ sliceNo: number; epoch: number; leaseUntil: Date | null; dueAt: Date | number }>(
      `select slice_no as "sliceNo", epoch, lease_until as "leaseUntil", due_at as "dueAt" from slice where subscription_key = $1 order by 1`,
    );
    const [runtime] = await this.read<{ barriers: number[] }>(
      `select barriers from subscription_runtime where subscription_key = $1`,
    );
    return {
      rows,
      held: held.map((one) => ({ ...one, nextAt: one.nextAt.getTime() })),
      slices: slices.map((one): SliceState => ({ ...one, leaseUntil: ms(one.leaseUntil), dueAt: ms(one.dueAt)! })),
      barriers: runtime!.barriers,
    };
  }

  private async read<R extends object>(text: string): Promise<R[]> {
    return (await this.database.query<R>({ text, values: [this.key] })).rows;
  }

  private async write(now: number, ordering: Ordering): Promise<void> {
    await this.database.transaction((tx) =>
      writeRuntimes(tx, at(now), [
        {
          subscriptionKey: this.key,
          tenant: 'default',
          subscriptionId: `s${this.key}`,
          status: 'active',
          configVersion: 1,
          orderingKey: ordering,
          cap: 8,
          slices: this.settings.slices,
          isClientWrite: false,
        },
      ]),
    );
  }
}

function shown(window: Window): Pick<LoadedWindow, 'rows' | 'hasMore'> {
  return {
    hasMore: window.hasMore,
    rows: window.rows.map((row) => ({
      eventNo: row.eventNo,
      keyHash: row.keyHash,
      ...(row.resendNo !== undefined && { isResend: true as const }),
      ...(row.held && { heldKind: row.held.kind, heldAttempts: row.held.attempts }),
    })),
  };
}
