// A process with nothing but a registry and its match index, so that its memory and its CPU time are theirs. Needs --expose-gc.
import { createRequire } from 'node:module';
import { workloadOf } from './workloads.mjs';
import { serve } from './remote.mjs';
import { quantile } from './quantile.mjs';

const require = createRequire(import.meta.url);
require('../../../tools/typescript.cjs');
const { definitionsFor, parseCriteria } = require('../../../src/fhir/index.ts');
const { PredicateIndex } = require('../../../src/matching/index.ts');
const { createLog, Database } = require('../../../src/platform/index.ts');
const { SubscriptionRegistry } = require('../../../src/subscriptions/index.ts');
const { RegistryGroups } = require('../../../src/subscriptions/registry-groups.ts');
const {
  exampleResources,
  generatedCriteria,
  referencedAmong,
  seededRandom,
} = require('../../support/generated-criteria.ts');
const { LinearMatchIndex } = require('../../support/linear-match-index.ts');

const definitions = definitionsFor('R4');
const baseUrl = 'http://127.0.0.1/fhir';
const writtenAt = new Date('2026-01-01T00:00:00Z');

function heldBytes() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function cpuMs(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const inputOf = (resource, referenced) => ({
  tenant: 'default',
  type: resource.resourceType,
  id: resource.id,
  xid: 100,
  writtenAt,
  isDelete: false,
  resource,
  ...(referenced && { referenced }),
});

/** What the driver of Postgres makes of an id: a flat text of its own, as long as a UUID. */
const idOf = (n) => Buffer.from(String(n).padStart(36, '0'), 'latin1').toString('latin1');

const put = (groups, n, criteria) => {
  const query = parseCriteria(definitions, criteria, { baseUrl });
  groups.put({ subscriptionKey: n + 1, tenant: 'default', id: idOf(n), sendDeletes: false, intervals: [{ query }] });
};

function measureEvents(index, texts) {
  const resources = texts.map((text) => JSON.parse(text));
  let matches = 0;
  const times = [];
  const ms = cpuMs(() => {
    for (const resource of resources) {
      const started = process.hrtime.bigint();
      matches += index.match(inputOf(resource)).matched.length;
      times.push(Number(process.hrtime.bigint() - started) / 1_000);
    }
  });
  times.sort((a, b) => a - b);
  return {
    us: (ms * 1_000) / texts.length,
    matches: matches / texts.length,
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
  };
}

function grouped(items, nameOf) {
  const groups = new Map();
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item]);
  return groups;
}

/** The groups evenly chosen, so that evaluating some tells what evaluating all would take: a million parsed criteria are gigabytes. */
class SomeGroups {
  #groups;
  #most;
  #chosen = new Map();

  constructor(groups, most) {
    this.#groups = groups;
    this.#most = most;
  }

  groupsFor(tenant, type) {
    let chosen = this.#chosen.get(type);
    if (!chosen) this.#chosen.set(type, (chosen = this.#choose(tenant, type)));
    return chosen.groups;
  }

  /** How many times more groups of this type there are than are evaluated. */
  factorOf(type) {
    return this.#chosen.get(type).factor;
  }

  #choose(tenant, type) {
    const all = [...this.#groups.groupsFor(tenant, type)];
    const step = Math.max(1, all.length / this.#most);
    const groups = Array.from({ length: Math.min(all.length, this.#most) }, (_, n) => all[Math.floor(n * step)]);
    return { groups, factor: groups.length === 0 ? 1 : all.length / groups.length };
  }
}

/** CPU of evaluating everything, per event; from at most `most` criteria of a type, the rest by extrapolation. */
function measureLinear(groups, texts, most) {
  const some = new SomeGroups(groups, most);
  const linear = new LinearMatchIndex(some, definitions);
  // Once for nothing: the criteria are parsed when they are first asked.
  measureEvents(linear, texts);
  const types = grouped(texts, (text) => JSON.parse(text).resourceType);
  const parts = [...types.entries()].map(([type, own]) => ({
    us: measureEvents(linear, own).us * own.length * some.factorOf(type),
    factor: some.factorOf(type),
  }));
  return {
    linearUs: parts.reduce((sum, { us }) => sum + us, 0) / texts.length,
    linearFactor: Math.max(...parts.map(({ factor }) => factor)),
  };
}

/** Everything about one workload at one size; the linear evaluation of `linearEvents` events, from at most `linearMost` criteria of a type. */
function measure(name, count, { events, linearEvents, linearMost }) {
  const { criteria, event } = workloadOf(name);
  const random = seededRandom(1);
  const types = [...definitions.resourceTypes].filter((type) => type !== 'Observation');
  const texts = Array.from({ length: events }, (_, n) => JSON.stringify(event(`e${n}`, random, count)));
  const warm = Array.from({ length: 2_000 }, (_, n) => JSON.stringify(event(`w${n}`, random, count)));
  const groups = new RegistryGroups();
  const index = new PredicateIndex(groups, definitions);
  const empty = heldBytes();
  const addMs = cpuMs(() => {
    for (let n = 0; n < count; n += 1) put(groups, n, criteria(n, random, types));
  });
  const loaded = heldBytes();
  measureEvents(index, warm);
  const found = measureEvents(index, texts);
  const used = heldBytes();
  const parseMs = cpuMs(() => texts.forEach((text) => JSON.parse(text)));
  const churn = Math.min(count, 10_000);
  const churnMs = cpuMs(() => {
    for (let n = 0; n < churn; n += 1) put(groups, n, criteria(count + n, random, types));
  });
  return {
    ...found,
    addUs: (addMs * 1_000) / count,
    churnUs: (churnMs * 1_000) / churn,
    parseUs: (parseMs * 1_000) / events,
    bytes: (used - empty) / count,
    bytesLoaded: (loaded - empty) / count,
    residentMb: process.memoryUsage().rss / 2 ** 20,
    ...measureLinear(groups, texts.slice(0, linearEvents), linearMost),
    peakMb: process.resourceUsage().maxRSS / 2 ** 10,
  };
}

/** Compares both on one registry; answers how many event-subscription pairs one found and the other did not. */
function differences(groups, index, resources, referenced) {
  const linear = new LinearMatchIndex(groups, definitions);
  let matches = 0;
  let different = 0;
  for (const resource of resources) {
    const [found, expected] = [index, linear].map(
      (each) => new Set(each.match(inputOf(resource, referenced)).matched.map((one) => one.subscriptionKey)),
    );
    matches += expected.size;
    for (const key of found) if (!expected.has(key)) different += 1;
    for (const key of expected) if (!found.has(key)) different += 1;
  }
  return { matches, different, events: resources.length };
}

/** Generated criteria over the official examples, or a workload by name; a tenth of them replaced before the comparison. */
function duel(name, count, events, seed) {
  const random = seededRandom(seed);
  const examples = exampleResources();
  const byType = grouped(examples, ({ resourceType }) => resourceType);
  const types = [...definitions.resourceTypes];
  const example = () => examples[Math.floor(random() * examples.length)];
  const next = (n) =>
    name === 'generated'
      ? generatedCriteria(random, definitions, byType.get(example().resourceType))
      : workloadOf(name).criteria(n, random, types);
  const groups = new RegistryGroups();
  const index = new PredicateIndex(groups, definitions);
  let refused = 0;
  const tryPut = (n) => {
    try {
      put(groups, n, next(n));
    } catch (error) {
      // Expected: generated criteria that cannot be evaluated exactly, such as a text that folds to nothing.
      if (error.constructor.name !== 'FhirError') throw error;
      refused += 1;
    }
  };
  for (let n = 0; n < count; n += 1) tryPut(n);
  for (let n = 0; n < count; n += 10) tryPut(n);
  const pool = (n) => (name === 'generated' ? example() : workloadOf(name).event(`e${n}`, random, count));
  return {
    ...differences(
      groups,
      index,
      Array.from({ length: events }, (_, n) => pool(n)),
      referencedAmong(definitions, examples),
    ),
    refused,
    held: groups.size,
  };
}

/** A matcher's start: the registry and its index filled from Postgres, page by page. */
async function load(url) {
  const database = Database.open({
    url,
    poolMax: 1,
    applicationName: 'bench',
    settings: { jit: 'off' },
    log: createLog({ level: 'error' }),
  });
  const before = heldBytes();
  const registry = new SubscriptionRegistry({ definitions, log: createLog({ level: 'error' }) });
  const index = new PredicateIndex(registry, definitions);
  const started = performance.now();
  const cpu = process.cpuUsage();
  await registry.catchUp(database);
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const bytes = heldBytes() - before;
  await database.close();
  const ready = index.mayMatch('default', 'Observation', false);
  return { seconds, cpuSeconds: (user + system) / 1e6, bytes, held: registry.size, ready };
}

serve({ measure, duel, load });
