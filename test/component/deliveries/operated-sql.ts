// The operator's steps as the room's own statements take them, with time given from outside.
import { finishResends, type ResentResult } from '../../../src/deliveries/ledger/resends';
import { listDeadLetters, redrive } from '../../../src/deliveries/verbs/dead-letters';
import { lockRuntime, lockSlices, wake } from '../../../src/deliveries/verbs/locks';
import { addResends } from '../../../src/deliveries/verbs/resend';
import { resumeStep } from '../../../src/deliveries/verbs/resume';
import type { Resend } from './operated-model';
import { SqlLedger } from './sql-ledger';
import { order } from './verbs-world';
import { LEASE_MS } from './interleaving-steps';

const at = (ms: number): Date => new Date(ms);
/** As long as a lease: the world knows no deadlines, so requests may be under way until then. */
const REST_MS = LEASE_MS;

export class OperatedSql extends SqlLedger {
  async redrive(now: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const letters = await listDeadLetters(tx, { tenant: 'default' }, { limit: 1_000 });
      await redrive(tx, letters, at(now), REST_MS);
    });
  }

  async passOver(now: number, firstNumber: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const runtime = await lockRuntime(tx, 'default', 1);
      const plan = { firstNumber, sendsAgain: false };
      await resumeStep(tx, runtime!, plan, { order: order(), now: at(now), restMs: REST_MS });
    });
  }

  async resend(now: number, eventNo: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ slice_no: number }>({
        text: `select slice_no from delivery where event_no = $1 and state in ('delivered', 'cancelled')`,
        values: [eventNo],
      });
      const slices = rows.map((row) => ({ subscriptionKey: 1, sliceNo: row.slice_no }));
      if (slices.length === 0) return;
      await lockSlices(tx, slices);
      await addResends(tx, order(), at(now), { subscriptionKey: 1, eventNumbers: [eventNo] });
      await wake(tx, slices, at(now));
    });
  }

  finishResends(results: readonly Omit<ResentResult, 'resendNo'>[], now: number): Promise<boolean[]> {
    return this.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ resend_no: number; event_no: number }>({
        text: 'select resend_no, event_no from resend order by resend_no',
        values: [],
      });
      const latest = new Map(rows.map((row) => [row.event_no, row.resend_no]));
      const attempt = { number: 1, configVersion: 1, startedAt: at(now), endedAt: at(now), class: 'S', reason: '200' };
      const numbered = results.map((one) => ({ ...one, attempt, resendNo: latest.get(one.eventNo)! }));
      return finishResends(tx, numbered, at(now));
    });
  }

  async resends(): Promise<Resend[]> {
    const { rows } = await this.database.query<Resend>({
      text: 'select event_no as "eventNo", done_at is not null as "isDone" from resend order by resend_no',
      values: [],
    });
    return rows;
  }
}
