// Several workers over one ledger, step by step in any order: claims, attempts, finishes, looks, crashes, expiring leases, switches of the
// ordering key. Every promise that can be broken is checked where it would break.
import type { FinishResult } from '../../../src/deliveries/ledger/finish';
import type { Reading, WaitingDelivery } from '../../../src/deliveries/ledger/rows';
import { SliceRun } from '../../../src/deliveries/slice-run';
import { LEASE_MS, START, waiting, type Ending, type LedgerSteps, type Step } from './interleaving-steps';
import { WAITING, type LookAnswer, type Ordering } from './ledger-model';

export interface InFlight {
  run: SliceRun;
  delivery: WaitingDelivery;
}
export interface Ended extends InFlight {
  result: FinishResult;
}
export interface Memory {
  runs: SliceRun[];
  inFlight: InFlight[];
  ended: Ended[];
}

const reading: Reading = {
  alive: true,
  sending: true,
  paused: false,
  configVersion: 1,
  status: 'active',
  slices: 2,
  cap: 8,
  stoppedMs: 0,
  isFailing: false,
  hasBarrier: false,
};

export class World {
  now = START;
  readonly log: string[] = [];
  protected readonly workers: Memory[];
  protected readonly done = new Set<number>();
  protected ordering: Ordering = 'focus';

  constructor(
    protected readonly ledger: LedgerSteps,
    workers: number,
    protected readonly windowRows: number,
  ) {
    this.workers = Array.from({ length: workers }, () => ({ runs: [], inFlight: [], ended: [] }));
  }

  async step(step: Step): Promise<void> {
    this.log.push(JSON.stringify(step));
    switch (step.do) {
      case 'write':
        return this.ledger.schedule(this.now, step.ids);
      case 'switch':
        this.ordering = this.ordering === 'focus' ? 'subscription' : 'focus';
        return this.ledger.switchOrdering(this.now, this.ordering);
      case 'wait':
        this.now += step.ms;
        return;
      case 'claim':
        return this.claim(this.workers[step.worker]!);
      case 'start':
        return this.start(this.workers[step.worker]!, step.pick);
      case 'end':
        return this.end(this.workers[step.worker]!, step);
      case 'flush':
        return this.flush(this.workers[step.worker]!);
      case 'look':
        return this.look(this.workers[step.worker]!);
      case 'reread':
        return this.reread(this.workers[step.worker]!);
      case 'renew':
        return this.renew(this.workers[step.worker]!);
      case 'crash':
        Object.assign(this.workers[step.worker]!, { runs: [], inFlight: [], ended: [] });
        return;
      default:
        throw new Error(`There is no operator here to ${step.do}`);
    }
  }

  /** Everyone dies, their leases run out, and one worker with a good endpoint does what is left. */
  async drain(): Promise<void> {
    for (let worker = 0; worker < this.workers.length; worker += 1) await this.step({ do: 'crash', worker });
    this.now += LEASE_MS + 1;
    for (let round = 0; round < 2_000; round += 1) {
      if (!(await this.hasWork())) return;
      const before = this.log.length;
      await this.drainRound();
      this.log.length = before;
      this.now += 300;
    }
    throw new Error('Something is still waiting although the endpoint is well');
  }

  protected async hasWork(): Promise<boolean> {
    return (await this.ledger.snapshot()).rows.some((row) => WAITING.has(row.state));
  }

  protected async drainRound(): Promise<void> {
    await this.step({ do: 'claim', worker: 0 });
    await this.step({ do: 'reread', worker: 0 });
    const { length } = this.workers[0]!.runs;
    for (let run = 0; run < length; run += 1) await this.step({ do: 'start', worker: 0, pick: 0 });
    while (this.workers[0]!.inFlight.length > 0)
      await this.step({ do: 'end', worker: 0, pick: 0, how: 'done', delayMs: 0 });
    await this.step({ do: 'flush', worker: 0 });
    await this.step({ do: 'look', worker: 0 });
    await this.step({ do: 'renew', worker: 0 });
  }

  protected async claim(memory: Memory): Promise<void> {
    for (const slice of await this.ledger.claim(this.now)) {
      const times = { leaseUntil: new Date(slice.leaseUntil), readAtMs: this.now, successes: [] };
      const run = new SliceRun({ subscriptionKey: 1, ...slice }, reading, times);
      run.add({
        subscriptionKey: 1,
        sliceNo: slice.sliceNo,
        rows: slice.rows.map((row) => waiting(slice.sliceNo, row)),
        hasMore: slice.hasMore,
      });
      for (const older of memory.runs.filter((one) => one.sliceNo === slice.sliceNo)) older.lose();
      memory.runs = [...memory.runs.filter((one) => one.sliceNo !== slice.sliceNo), run];
    }
  }

  protected async start(memory: Memory, pick: number): Promise<void> {
    const able = memory.runs.filter((run) => !run.isDrained && run.maySend(this.now, new Date(this.now)));
    const run = able[pick % Math.max(1, able.length)];
    const delivery = run?.take();
    if (!run || !delivery) return;
    await this.checkStart(run, delivery);
    run.inFlight += 1;
    memory.inFlight.push({ run, delivery });
  }

  protected async checkStart(run: SliceRun, delivery: WaitingDelivery): Promise<void> {
    const { rows, barriers } = await this.ledger.snapshot();
    const self = rows[delivery.eventNo - 1]!;
    this.expect(!this.done.has(delivery.eventNo), `I14: ${delivery.eventNo} was delivered and starts again`);
    const ahead = rows.filter(
      (row) => row.keyHash === self.keyHash && row.eventNo < self.eventNo && WAITING.has(row.state),
    );
    this.expect(
      ahead.length === 0,
      `I7: ${delivery.eventNo} starts although ${ahead[0]?.eventNo} of its key is ${ahead[0]?.state}`,
    );
    const barrier = barriers.find((one) => one < delivery.eventNo);
    this.expect(barrier === undefined, `${delivery.eventNo} starts although the barrier at ${barrier} stands`);
    const others = this.workers
      .flatMap((memory) => memory.inFlight)
      .filter((one) => one.delivery.eventNo === delivery.eventNo && one.run !== run);
    const live = others.find((one) => one.run.leaseUntil.getTime() > this.now);
    this.expect(live === undefined, `I8: ${delivery.eventNo} is being sent by an owner whose lease has not run out`);
  }

  protected end(memory: Memory, step: { pick: number; how: Ending; delayMs: number }): void {
    const index = step.pick % Math.max(1, memory.inFlight.length);
    const [one] = memory.inFlight.splice(index, 1);
    if (!one) return;
    one.run.inFlight -= 1;
    const nextAt = new Date(this.now + step.delayMs);
    const { run, delivery } = one;
    const result: FinishResult = {
      subscriptionKey: 1,
      sliceNo: run.sliceNo,
      epoch: run.epoch,
      eventNo: delivery.eventNo,
      keyHash: delivery.keyHash,
      verdict: step.how,
      ...(step.how === 'retry' && { nextAt }),
      ...(step.how === 'dead' && { deadReason: 'poison' as const }),
      class: step.how === 'done' ? 'S' : 'E',
      isSent: true,
      isCharged: true,
      isHeld: delivery.held !== undefined,
    };
    memory.ended.push({ ...one, result });
  }

  protected async flush(memory: Memory): Promise<void> {
    const ended = memory.ended.splice(0);
    if (ended.length === 0) return;
    const before = await this.ledger.snapshot();
    const finished = await this.ledger.finish(
      ended.map(({ result }) => result),
      this.now,
    );
    if (finished.every(({ accepted }) => !accepted)) {
      this.expect(
        JSON.stringify(before) === JSON.stringify(await this.ledger.snapshot()),
        'I9: a stale result changed the ledger',
      );
    }
    for (const [index, { run, delivery, result }] of ended.entries()) {
      const { accepted, changed } = finished[index]!;
      if (changed && result.verdict === 'done') this.done.add(delivery.eventNo);
      run.settle(delivery, accepted && result.verdict !== 'retry');
      if (!accepted) run.lose();
    }
  }

  protected async look(memory: Memory): Promise<void> {
    const runs = memory.runs.filter(
      (run) => !run.isLost && run.isDrained && (run.isEmpty ? run.inFlight === 0 : run.mayHaveMore),
    );
    if (runs.length === 0) return;
    const answers = await this.ledger.look(
      runs.map((run) => ({
        sliceNo: run.sliceNo,
        epoch: run.epoch,
        lookAt: run.isSteppingBehind ? 2 * this.windowRows : this.windowRows,
        inHand: run.inHand,
        keysInHand: run.keysInHand,
        isGivenBack: run.isEnding,
        mayGoIdle: run.isEmpty && run.inFlight === 0,
      })),
      this.now,
    );
    for (const [index, answer] of answers.entries()) this.takeLook(memory, runs[index]!, answer);
    if (answers.some(({ outcome }) => outcome === 'idle')) await this.ledger.passBarriers(this.now);
  }

  protected takeLook(memory: Memory, run: SliceRun, answer: LookAnswer): void {
    if (answer.outcome === 'window') {
      const rows = answer.rows.map((row) => waiting(run.sliceNo, row));
      run.add({ subscriptionKey: 1, sliceNo: run.sliceNo, rows, hasMore: answer.hasMore });
      return;
    }
    if (answer.outcome === 'lost') run.lose();
    memory.runs = memory.runs.filter((one) => one !== run);
  }

  protected async reread(memory: Memory): Promise<void> {
    const { slices } = await this.ledger.snapshot();
    for (const run of memory.runs) {
      const slice = slices.find((one) => one.sliceNo === run.sliceNo);
      if (slice?.epoch !== run.epoch || slice.leaseUntil === null) run.lose();
      else run.reread(reading, this.now);
    }
  }

  protected async renew(memory: Memory): Promise<void> {
    const runs = memory.runs.filter((run) => !run.isLost);
    if (runs.length === 0) return;
    const until = this.now + LEASE_MS;
    const renewed = new Set(await this.ledger.renew(runs, until));
    for (const run of runs) {
      if (renewed.has(run.sliceNo)) run.leaseUntil = new Date(until);
      else run.lose();
    }
  }

  protected expect(holds: boolean, what: string): void {
    if (!holds) throw new Error(`${what}\n${this.log.join('\n')}`);
  }
}
