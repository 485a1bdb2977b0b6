// How long things stood still: after each kind of fault at the well-behaved receiver and for clients, and after each trouble the receiver made.
import type { Arrival, ReceiverMood } from './arrival';
import type { DeliveryFact } from './facts';
import type { Fault } from './faults';

export interface FaultFigures {
  readonly times: number;
  readonly hits: number;
  /** Longest way of an event to the well-behaved receiver that was under way during such a fault, milliseconds. */
  readonly deliveryMs: number;
  /** Longest time without any answered write that met such a fault. */
  readonly writeMs: number;
}

export interface Moment {
  readonly from: number;
  readonly to: number;
}

export function faultFigures(
  faults: readonly Fault[],
  ways: readonly Moment[],
  answers: readonly number[],
): Map<string, FaultFigures> {
  const silences = answers.slice(1).map((to, index) => ({ from: answers[index]!, to }));
  const figures = new Map<string, FaultFigures>();
  for (const fault of faults) {
    const before = figures.get(fault.kind) ?? { times: 0, hits: 0, deliveryMs: 0, writeMs: 0 };
    figures.set(fault.kind, {
      times: before.times + 1,
      hits: before.hits + fault.hits,
      deliveryMs: Math.max(before.deliveryMs, longestDuring(fault, ways)),
      writeMs: Math.max(before.writeMs, longestDuring(fault, silences)),
    });
  }
  return figures;
}

/** From the write of each event to its first arrival at one place. */
export function waysTo(slot: string, deliveries: readonly DeliveryFact[], arrivals: readonly Arrival[]): Moment[] {
  const writtenAt = new Map(
    deliveries.map((delivery) => [`${delivery.subscription} ${delivery.eventNumber}`, delivery.writtenAt]),
  );
  const seen = new Set<string>();
  const ways: Moment[] = [];
  for (const arrival of [...arrivals].sort((a, b) => a.at - b.at)) {
    const name = `${arrival.subscription} ${arrival.eventNumber}`;
    const from = writtenAt.get(name);
    if (arrival.slot !== slot || seen.has(name) || from === undefined) continue;
    seen.add(name);
    ways.push({ from, to: arrival.at });
  }
  return ways;
}

export interface PhaseFigures {
  readonly phase: string;
  readonly writesPerSecond: number;
  /** Events that arrived at the well-behaved receiver for the first time. */
  readonly arrivalsPerSecond: number;
  /** Longest way of an event to the well-behaved receiver that arrived in the phase. */
  readonly deliveryMs: number;
}

/** Before, while and after each fault: how much was written and delivered. `windowMs` is the length of before and after. */
export function phaseFigures(
  faults: readonly Fault[],
  ways: readonly Moment[],
  answers: readonly number[],
  windowMs: number,
): PhaseFigures[] {
  const within = (at: number, { from, to }: Moment): boolean => at >= from && at < to;
  return faults.flatMap((fault, index) => {
    const phases: readonly (readonly [string, Moment])[] = [
      ['before', { from: fault.from - windowMs, to: fault.from }],
      ['while', fault],
      ['after', { from: fault.to, to: fault.to + windowMs }],
    ];
    return phases.map(([word, phase]) => {
      const seconds = Math.max(1, phase.to - phase.from) / 1000;
      const arrived = ways.filter(({ to }) => within(to, phase));
      return {
        phase: `${word} ${fault.kind}, ${index + 1}`,
        writesPerSecond: answers.filter((at) => within(at, phase)).length / seconds,
        arrivalsPerSecond: arrived.length / seconds,
        deliveryMs: arrived.reduce((longest, { from, to }) => Math.max(longest, to - from), 0),
      };
    });
  });
}

export interface MoodFigures {
  readonly times: number;
  /** Longest time from such an answer to the first arrival that was kept afterwards. */
  readonly recoveryMs: number;
}

export function moodFigures(arrivals: readonly Arrival[]): Map<ReceiverMood, MoodFigures> {
  const figures = new Map<ReceiverMood, MoodFigures>();
  const last = new Map<string, Arrival>();
  for (const arrival of [...arrivals].sort((a, b) => a.at - b.at)) {
    const before = figures.get(arrival.mood) ?? { times: 0, recoveryMs: 0 };
    figures.set(arrival.mood, { ...before, times: before.times + 1 });
    const name = `${arrival.subscription} ${arrival.eventNumber}`;
    const trouble = last.get(name);
    last.set(name, arrival);
    if (!trouble || trouble.mood === 'kept' || !arrival.isKept) continue;
    const known = figures.get(trouble.mood)!;
    figures.set(trouble.mood, { ...known, recoveryMs: Math.max(known.recoveryMs, arrival.at - trouble.at) });
  }
  return figures;
}

function longestDuring(fault: Moment, moments: readonly Moment[]): number {
  return moments
    .filter(({ from, to }) => from <= fault.to && to >= fault.from)
    .reduce((longest, { from, to }) => Math.max(longest, to - from), 0);
}
