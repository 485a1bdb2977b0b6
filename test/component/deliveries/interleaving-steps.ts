// The steps that an interleaving is made of, and what a ledger must offer to take them.
import type { FinishResult, Finished } from '../../../src/deliveries/ledger/finish';
import type { WaitingDelivery } from '../../../src/deliveries/ledger/rows';
import type { LoadedWindow, LookAnswer, LookRequest, Ordering, Snapshot } from './ledger-model';

export const LEASE_MS = 30_000;
export const START = Date.parse('2026-01-01T00:00:00Z');

export interface LedgerSteps {
  schedule(now: number, ids: readonly string[]): Promise<void>;
  switchOrdering(now: number, ordering: Ordering): Promise<void>;
  claim(now: number): Promise<LoadedWindow[]>;
  finish(results: readonly FinishResult[], now: number): Promise<Finished[]>;
  renew(slices: readonly { sliceNo: number; epoch: number }[], until: number): Promise<number[]>;
  look(requests: readonly LookRequest[], now: number): Promise<LookAnswer[]>;
  passBarriers(now: number): Promise<void>;
  snapshot(): Promise<Snapshot>;
}

export type Ending = 'done' | 'retry' | 'dead';
export type Step =
  | { do: 'write'; ids: string[] }
  | { do: 'switch' }
  | { do: 'claim'; worker: number }
  | { do: 'start'; worker: number; pick: number }
  | { do: 'end'; worker: number; pick: number; how: Ending; delayMs: number }
  | { do: 'flush'; worker: number }
  | { do: 'look'; worker: number }
  | { do: 'reread'; worker: number }
  | { do: 'renew'; worker: number }
  | { do: 'crash'; worker: number }
  | { do: 'wait'; ms: number }
  | OperatorStep;

/** What an operator does meanwhile; only in worlds that have one. */
export type OperatorStep = { do: 'redrive' } | { do: 'pass-over'; part: number } | { do: 'resend'; eventNo: number };

/** A row of a window as the owner of its slice keeps it. */
export function waiting(sliceNo: number, row: LoadedWindow['rows'][number]): WaitingDelivery {
  return {
    subscriptionKey: 1,
    sliceNo,
    eventNo: row.eventNo,
    keyHash: row.keyHash,
    eventId: String(row.eventNo),
    type: 'Patient',
    id: 'x',
    version: 1,
    interaction: 'update',
    requestId: 'r',
    attempts: 0,
    writtenAt: new Date(START),
    numberedAt: new Date(START),
    stoppedBeforeMs: 0,
    ...(row.isResend && { resendNo: row.eventNo }),
    ...(row.heldKind !== undefined && { held: { kind: row.heldKind as 'busy', attempts: row.heldAttempts! } }),
  };
}
