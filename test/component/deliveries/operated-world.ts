// The world of interleavings with an operator in it, who redrives, passes over and sends again while workers work, crash and lose their leases.
import type { SliceRun } from '../../../src/deliveries/slice-run';
import type { WaitingDelivery } from '../../../src/deliveries/ledger/rows';
import type { LedgerSteps, Step } from './interleaving-steps';
import { World, type Memory } from './interleaving-world';
import type { Resend } from './operated-model';

type EndedResend = { sliceNo: number; epoch: number; subscriptionKey: number; eventNo: number; isSent: boolean };

export interface OperatedSteps extends LedgerSteps {
  redrive(now: number): Promise<void>;
  passOver(now: number, firstNumber: number): Promise<void>;
  resend(now: number, eventNo: number): Promise<void>;
  finishResends(results: readonly EndedResend[], now: number): Promise<boolean[]>;
  resends(): Promise<readonly Resend[]>;
}

export class OperatedWorld extends World {
  constructor(
    private readonly operated: OperatedSteps,
    workers: number,
    windowRows: number,
  ) {
    super(operated, workers, windowRows);
  }

  override async step(step: Step): Promise<void> {
    switch (step.do) {
      case 'redrive':
        this.log.push('redrive');
        return this.operated.redrive(this.now);
      case 'pass-over': {
        const { rows } = await this.operated.snapshot();
        const firstNumber = 1 + Math.floor(rows.length * step.part);
        this.log.push(`pass over what waits below ${firstNumber}`);
        await this.operated.passOver(this.now, firstNumber);
        return this.operated.passBarriers(this.now);
      }
      case 'resend':
        this.log.push(`resend ${step.eventNo}`);
        return this.operated.resend(this.now, step.eventNo);
      default:
        return super.step(step);
    }
  }

  protected override async hasWork(): Promise<boolean> {
    return (await super.hasWork()) || (await this.operated.resends()).some((one) => !one.isDone);
  }

  /** What is sent again has been delivered before; it must only not run beside another of its key, nor behind what waits. */
  protected override async checkStart(run: SliceRun, delivery: WaitingDelivery): Promise<void> {
    const beside = this.workers
      .flatMap((memory) => memory.inFlight)
      .find((one) => one.delivery.keyHash === delivery.keyHash && one.run.leaseUntil.getTime() > this.now);
    this.expect(
      beside === undefined,
      `I7: ${delivery.eventNo} starts while ${beside?.delivery.eventNo} of its key is under way`,
    );
    if (delivery.resendNo !== undefined) return;
    // An owner that was just revoked may start on a reading not older than 900 ms. Its result is stale, so what it sent is sent again in order.
    const { slices } = await this.operated.snapshot();
    const isRevoked = slices.find((slice) => slice.sliceNo === run.sliceNo)!.epoch !== run.epoch;
    if (!isRevoked) return super.checkStart(run, delivery);
  }

  protected override async flush(memory: Memory): Promise<void> {
    const again = memory.ended.filter((one) => one.delivery.resendNo !== undefined);
    memory.ended = memory.ended.filter((one) => one.delivery.resendNo === undefined);
    await super.flush(memory);
    if (again.length === 0) return;
    const before = await this.operated.snapshot();
    const accepted = await this.operated.finishResends(
      again.map(({ result }) => result),
      this.now,
    );
    const states = (rows: readonly { state: string }[]): string => rows.map((row) => row.state).join();
    const after = await this.operated.snapshot();
    this.expect(states(before.rows) === states(after.rows), 'a resend changed the state of a delivery');
    for (const [index, { run, delivery }] of again.entries()) {
      run.settle(delivery, accepted[index]!);
      if (!accepted[index]) run.lose();
    }
  }
}
