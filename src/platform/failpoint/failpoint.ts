// Failpoints: places in the road of an event where a test can make the process die, stop, fail or wait. Nothing happens, and nothing is
// looked up, unless they are armed, which only a start in test mode does (config/failpoints.ts says when that is refused).
import fs from 'node:fs';
import { sleepReal } from '../clock/clock';

/** Every place, in the order of an event's road (deliveries.md section 3). */
export const FAILPOINTS = [
  'write.before-commit',
  'write.after-commit',
  'match.before-claim',
  'match.after-claim',
  'match.after-match',
  'match.after-mark',
  'match.after-commit',
  'claim.after-lock',
  'claim.after-commit',
  'send.before',
  'send.after-response',
  'finish.before-commit',
  'finish.after-commit',
  'health.before-write',
  'health.before-status',
  'idle.after-lock',
  'idle.before-commit',
  'sweep.match',
  'sweep.claim',
  'lease.before-renew',
  'lease.after-renew',
] as const;

/** The steps of the relay, which only a process with a bus of its own has. */
export const RELAY_FAILPOINTS = ['relay.before-publish', 'relay.after-publish', 'relay.after-mark'] as const;
export type FailpointName = (typeof FAILPOINTS)[number] | (typeof RELAY_FAILPOINTS)[number];

/**
 * exit: the process is gone as by kill -9. freeze: everything in it stops, for `ms` or until SIGCONT. error: the step throws, with an SQLSTATE
 * (default: the connection was lost). delay: the step waits.
 */
export type FailpointAction =
  | { readonly kind: 'exit' }
  | { readonly kind: 'freeze'; readonly ms?: number }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'delay'; readonly ms: number };

export interface ArmedFailpoint {
  readonly name: FailpointName;
  readonly action: FailpointAction;
  /** Strikes at this visit (1 = the first), and once only unless `repeat` says otherwise. */
  readonly at: number;
  /** on: at every visit from `at`. each: at every `at`-th visit. */
  readonly repeat?: 'on' | 'each';
}

/** What an armed step throws. `code` makes it look like an answer of the database. */
export class FailpointError extends Error {
  override name = 'FailpointError';

  constructor(
    point: FailpointName,
    readonly code: string,
  ) {
    super(`failpoint ${point}`);
  }
}

interface Standing {
  readonly armed: ArmedFailpoint;
  visits: number;
}

let standing: ReadonlyMap<FailpointName, Standing> | undefined;

/** Arms these and no others; an empty list disarms. For a start in test mode, and for tests inside their own process. */
export function armFailpoints(armed: readonly ArmedFailpoint[]): void {
  standing = armed.length === 0 ? undefined : new Map(armed.map((one) => [one.name, { armed: one, visits: 0 }]));
}

/** How often an armed point was passed since it was armed. */
export function failpointVisits(name: FailpointName): number {
  return standing?.get(name)?.visits ?? 0;
}

/** A place where a test may strike. Off, it is one comparison. `await` it. */
export function failpoint(name: FailpointName): Promise<void> | undefined {
  return standing === undefined ? undefined : visit(name);
}

function visit(name: FailpointName): Promise<void> | undefined {
  const found = standing?.get(name);
  if (found === undefined) return undefined;
  found.visits += 1;
  return strikes(found) ? strike(name, found.armed.action) : undefined;
}

function strikes({ armed, visits }: Standing): boolean {
  if (armed.repeat === 'each') return visits % armed.at === 0;
  return armed.repeat === 'on' ? visits >= armed.at : visits === armed.at;
}

async function strike(name: FailpointName, action: FailpointAction): Promise<void> {
  switch (action.kind) {
    case 'exit':
      // Written at once: nothing of this process is flushed any more.
      fs.writeSync(process.stderr.fd, `failpoint ${name}: exit\n`);
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'freeze':
      fs.writeSync(process.stderr.fd, `failpoint ${name}: freeze\n`);
      if (action.ms === undefined) process.kill(process.pid, 'SIGSTOP');
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, action.ms);
      return;
    case 'error':
      throw new FailpointError(name, action.code);
    case 'delay':
      await sleepReal(action.ms);
  }
}
