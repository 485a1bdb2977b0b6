// Judges a run from three books: what clients were answered, what Postgres says, what the receiver saw. Pure; every finding is a sentence.
import type { Arrival } from './arrival';
import type { DeliveryFact, Facts, VersionFact } from './facts';
import type { Acknowledged } from './writers';

/** What the verdict has to know of a Subscription. */
export interface Expectation {
  readonly slot: string;
  readonly type: string;
  readonly sendsDeletes: boolean;
  readonly hasPayload: boolean;
  readonly wants: (resource: any) => boolean;
}

/** A time in which a process stood still for longer than its lease: what it had begun may arrive late (deliveries.md section 7). */
export interface FrozenTime {
  readonly from: number;
  readonly to: number;
}

/** What lies between waking a process and noting that it was woken. */
const wakingMs = 50;

export interface Evidence {
  readonly facts: Facts;
  readonly arrivals: readonly Arrival[];
  /** In the order of the answers; what came with one answer shares its time. */
  readonly acknowledged: readonly Acknowledged[];
  /** By the Subscription's FHIR id. */
  readonly expectations: ReadonlyMap<string, Expectation>;
  readonly frozen: readonly FrozenTime[];
  /** How long after it woke a frozen process may still bring what it had begun: its deadline, and some time to run. */
  readonly afterFreezeMs: number;
}

export interface Verdict {
  readonly lost: string[];
  readonly disorder: string[];
  readonly gaps: string[];
  /** Everything else that must not be. */
  readonly wrong: string[];
  /** Late requests of frozen processes, which no sender can prevent. */
  readonly excused: number;
  readonly states: Readonly<Record<string, number>>;
  readonly matchedByNobody: number;
  readonly kept: number;
  readonly duplicates: number;
}

export function judge(evidence: Evidence): Verdict {
  const { facts } = evidence;
  const lanes = lanesOf(evidence);
  const matched = judgeMatching(evidence);
  const ends = judgeEnds(evidence, lanes.byDelivery);
  const order = judgeOrder(evidence, lanes.byLane);
  const kept = evidence.arrivals.filter((arrival) => arrival.isKept);
  const distinct = new Set(kept.map((arrival) => `${arrival.subscription} ${arrival.eventId}`)).size;
  return {
    lost: [...judgeCommits(evidence), ...matched.lost, ...ends.lost],
    disorder: [...order.found, ...judgeCausality(evidence)],
    gaps: judgeNumbers(facts),
    wrong: [...matched.wrong, ...ends.wrong, ...judgeRepeats(evidence), ...lanes.strangers],
    excused: order.excused,
    states: countBy(facts.deliveries, (delivery) => delivery.state),
    matchedByNobody: matched.byNobody,
    kept: kept.length,
    duplicates: kept.length - distinct,
  };
}

/** Answered as committed means: it is there, with one event. And every version has exactly one. */
function judgeCommits({ facts, acknowledged }: Evidence): string[] {
  const events = new Map(facts.versions.map((version) => [version.name, version.events]));
  const missing = acknowledged
    .filter(({ name }) => !events.has(name))
    .map(({ name }) => `${name} was answered and is gone`);
  const unequal = facts.versions
    .filter((version) => version.events !== 1)
    .map(({ name, events: count }) => `${name} has ${count ?? 0} outbox rows instead of 1`);
  return [...missing, ...unequal];
}

/** Who should have heard of it by the criteria, against who got a delivery. */
function judgeMatching({ facts, expectations }: Evidence): { lost: string[]; wrong: string[]; byNobody: number } {
  const bodies = new Map(facts.versions.map((version) => [version.name, version]));
  const told = new Set(facts.deliveries.map((delivery) => `${delivery.subscription} ${delivery.name}`));
  const expected = new Set<string>();
  let byNobody = 0;
  for (const version of facts.versions) {
    const judged =
      version.interaction === 'delete' ? bodies.get(`${version.type}/${version.id}/${version.version - 1}`) : version;
    const listeners = [...expectations].filter(([, one]) => isWanted(one, version, judged));
    for (const [subscription] of listeners) expected.add(`${subscription} ${version.name}`);
    if (listeners.length === 0) byNobody += 1;
  }
  return {
    lost: [...expected].filter((pair) => !told.has(pair)).map((pair) => `no delivery for ${pair}`),
    wrong: [...told].filter((pair) => !expected.has(pair)).map((pair) => `a delivery nobody asked for: ${pair}`),
    byNobody,
  };
}

function isWanted(one: Expectation, version: VersionFact, judged: VersionFact | undefined): boolean {
  if (version.type !== one.type || (version.interaction === 'delete' && !one.sendsDeletes)) return false;
  return judged?.body != null && one.wants(JSON.parse(judged.body));
}

/** Terminal, and what is delivered has arrived. */
function judgeEnds(
  { facts }: Evidence,
  byDelivery: ReadonlyMap<string, readonly Arrival[]>,
): { lost: string[]; wrong: string[] } {
  const lost: string[] = [];
  const wrong: string[] = [];
  for (const delivery of facts.deliveries) {
    const arrivals = byDelivery.get(nameOf(delivery)) ?? [];
    if (delivery.endedAt === null) lost.push(`${nameOf(delivery)} (${delivery.name}) is still ${delivery.state}`);
    else if (delivery.state === 'delivered' && !arrivals.some((arrival) => arrival.isKept))
      lost.push(`${nameOf(delivery)} (${delivery.name}) counts as delivered, but the receiver did not keep it`);
    else if (delivery.state === 'cancelled')
      wrong.push(`${nameOf(delivery)} was cancelled, and nobody had asked for that`);
  }
  return { lost, wrong };
}

/** In a lane every arrival of k+1 comes after k was kept or given up, and nothing of k comes after it. */
function judgeOrder(
  evidence: Evidence,
  byLane: ReadonlyMap<string, readonly LaneEvent[]>,
): { found: string[]; excused: number } {
  const found: string[] = [];
  let excused = 0;
  for (const [lane, events] of byLane) {
    for (const { ahead, behind, late } of overtakings(events)) {
      if (isExcused(evidence, late, ahead, behind.arrivals[0]!)) excused += late.length;
      else found.push(`${lane}: ${behind.delivery.eventNumber} began before ${ahead.delivery.eventNumber} was done`);
    }
  }
  return { found, excused };
}

/** Where an event's first arrival is not after the last one of what stands ahead of it in its lane. */
function overtakings(events: readonly LaneEvent[]): { ahead: LaneEvent; behind: LaneEvent; late: Arrival[] }[] {
  const found: { ahead: LaneEvent; behind: LaneEvent; late: Arrival[] }[] = [];
  const seen = events.filter(({ arrivals }) => arrivals.length > 0);
  let ahead: LaneEvent | undefined;
  for (const behind of seen.sort((a, b) => a.delivery.eventNumber - b.delivery.eventNumber)) {
    const late = ahead?.arrivals.filter(({ at }) => at >= behind.arrivals[0]!.at) ?? [];
    if (ahead && late.length > 0) found.push({ ahead, behind, late });
    if (!ahead || behind.arrivals.at(-1)!.at > ahead.arrivals.at(-1)!.at) ahead = behind;
  }
  return found;
}

/** Only repeats of what had been kept before, brought by a process that woke from a long freeze. */
function isExcused(
  { frozen, afterFreezeMs }: Evidence,
  late: readonly Arrival[],
  ahead: LaneEvent,
  first: Arrival,
): boolean {
  const wasDone =
    ahead.delivery.state !== 'delivered' || ahead.arrivals.some((arrival) => arrival.isKept && arrival.at < first.at);
  return wasDone && late.every(({ at }) => frozen.some(({ to }) => at >= to - wakingMs && at <= to + afterFreezeMs));
}

/** I6: one writer, one root, one answer after the other: the numbers rise in every Subscription. */
function judgeCausality({ facts, acknowledged }: Evidence): string[] {
  const roots = new Map(facts.versions.map((version) => [version.name, version.root]));
  const numbers = new Map<string, [subscription: string, number: number][]>();
  for (const { name, subscription, eventNumber } of facts.deliveries) {
    const known = numbers.get(name);
    if (known) known.push([subscription, eventNumber]);
    else numbers.set(name, [[subscription, eventNumber]]);
  }
  const told = ({ name, writer }: Acknowledged): Told[] =>
    (numbers.get(name) ?? []).map(([subscription, number]) => ({
      lane: `${writer} ${roots.get(name)} ${subscription}`,
      name,
      number,
    }));
  const highest = new Map<string, Told>();
  const found: string[] = [];
  for (const group of inAnswers(acknowledged.filter(({ isNew }) => isNew))) {
    const all = group.flatMap(told);
    // Entries of one Bundle are one write: they are compared with what was answered before it, not with each other.
    for (const { lane, name, number } of all) {
      const before = highest.get(lane);
      if (before && before.number >= number)
        found.push(
          `${lane}: ${name} was written after ${before.name} was answered, and has number ${number} ≤ ${before.number}`,
        );
    }
    for (const one of all) if ((highest.get(one.lane)?.number ?? 0) < one.number) highest.set(one.lane, one);
  }
  return found;
}

interface Told {
  readonly lane: string;
  readonly name: string;
  readonly number: number;
}

/** What was acknowledged by one answer, as a group: entries of a Bundle share a time. */
function inAnswers(acknowledged: readonly Acknowledged[]): Acknowledged[][] {
  const groups = new Map<string, Acknowledged[]>();
  for (const one of acknowledged) {
    const key = `${one.writer} ${one.at}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

function judgeNumbers({ deliveries, counters }: Facts): string[] {
  const numbers = new Map<string, Set<number>>();
  for (const { subscription, eventNumber } of deliveries)
    numbers.set(subscription, (numbers.get(subscription) ?? new Set()).add(eventNumber));
  return counters.flatMap(({ subscription, lastEventNo }) => {
    const seen = numbers.get(subscription) ?? new Set();
    const missing = Array.from({ length: lastEventNo }, (_, n) => n + 1).filter((n) => !seen.has(n));
    const strange = [...seen].filter((n) => n < 1 || n > lastEventNo);
    if (missing.length + strange.length === 0) return [];
    return [
      `${subscription}: 1..${lastEventNo}, missing ${missing.slice(0, 5).join(', ')}, beyond ${strange.slice(0, 5).join(', ')}`,
    ];
  });
}

/** I13 and I15: in the right place, and repeats equal to the first try. */
function judgeRepeats({ arrivals, expectations }: Evidence): string[] {
  const first = new Map<string, Arrival>();
  const found: string[] = [];
  for (const arrival of arrivals) {
    const key = `${arrival.subscription} ${arrival.eventId}`;
    if (expectations.get(arrival.subscription)?.slot !== arrival.slot) found.push(`${key} arrived at ${arrival.path}`);
    const before = first.get(key);
    if (!before) first.set(key, arrival);
    else if (
      before.eventNumber !== arrival.eventNumber ||
      before.digest !== arrival.digest ||
      before.path !== arrival.path
    )
      found.push(`${key} was repeated with other content`);
  }
  return found;
}

interface LaneEvent {
  readonly delivery: DeliveryFact;
  readonly arrivals: readonly Arrival[];
}

function lanesOf({ facts, arrivals }: Evidence): {
  byDelivery: ReadonlyMap<string, readonly Arrival[]>;
  byLane: ReadonlyMap<string, readonly LaneEvent[]>;
  strangers: string[];
} {
  const byDelivery = new Map<string, Arrival[]>();
  for (const arrival of [...arrivals].sort((a, b) => a.at - b.at)) {
    const name = nameOf(arrival);
    const known = byDelivery.get(name);
    if (known) known.push(arrival);
    else byDelivery.set(name, [arrival]);
  }
  const byLane = new Map<string, LaneEvent[]>();
  for (const delivery of facts.deliveries) {
    const lane = `${delivery.subscription} key ${delivery.keyHash}`;
    const event = { delivery, arrivals: byDelivery.get(nameOf(delivery)) ?? [] };
    const known = byLane.get(lane);
    if (known) known.push(event);
    else byLane.set(lane, [event]);
  }
  const names = new Set(facts.deliveries.map(nameOf));
  const strangers = [...byDelivery.keys()]
    .filter((name) => !names.has(name))
    .map((name) => `${name} arrived and is no delivery`);
  return { byDelivery, byLane, strangers };
}

function nameOf(one: { readonly subscription: string; readonly eventNumber: number }): string {
  return `${one.subscription} #${one.eventNumber}`;
}

function countBy<T>(values: readonly T[], name: (value: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[name(value)] = (counts[name(value)] ?? 0) + 1;
  return counts;
}
