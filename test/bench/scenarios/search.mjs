// The commonest searches over many resources: how long each takes alone and while writes run, and which indexes answered it.
import { Agent, request } from 'undici';
import { patient } from '../parts/patients.mjs';
import { startHerald, until } from '../parts/server.mjs';
import { observation } from '../parts/workloads.mjs';
import { quantile } from '../parts/quantile.mjs';

const perBundle = 500;
const WARM_UP = 20;
const codes = ['718-7', '2339-0', '2951-2', '2823-3', '1751-7', '1742-6', '2160-0', '3094-0', '6690-2', '777-3'];
const day = (n) => new Date(Date.UTC(2025, 0, 1) + n * 86_400_000).toISOString().slice(0, 10);

/** A tenth are Patients, three tenths Encounters, six tenths Observations; each knows its patient by number. */
function resourceAt(n, patients) {
  const p = n % patients;
  if (n < patients) return { ...patient(n), id: `p${n}` };
  const id = `r${n}`;
  if (n % 3 === 0)
    return {
      resourceType: 'Encounter',
      id,
      status: n % 2 ? 'finished' : 'in-progress',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
      subject: { reference: `Patient/p${p}` },
      period: { start: `${day(n % 365)}T08:00:00Z`, end: `${day(n % 365)}T10:00:00Z` },
    };
  const made = observation(id, { patient: `p${p}`, code: codes[n % codes.length], at: `${day(n % 365)}T08:30:00Z` });
  return { ...made, valueQuantity: { ...made.valueQuantity, value: (n % 1000) / 10 } };
}

/** Each with what varies from one request to the next. */
const queries = {
  'read by _id': (n, patients) => `Patient?_id=p${n % patients}`,
  'by identifier': (n, patients) => `Patient?identifier=urn:bench:number%7C${n % patients}`,
  'by family name and birth date': (n) =>
    `Patient?family=family${n % 997}&birthdate=${1930 + (n % 80)}-0${1 + (n % 9)}-1${n % 10}`,
  'by the beginning of a name': (n) => `Patient?name=family${100 + (n % 897)}&_count=20`,
  'of one patient': (n, patients) => `Observation?patient=Patient/p${n % patients}`,
  'of one patient, one code': (n, patients) =>
    `Observation?patient=Patient/p${n % patients}&code=http://loinc.org%7C${codes[n % codes.length]}`,
  'a code in one week, newest first': (n) =>
    `Observation?code=http://loinc.org%7C${codes[n % codes.length]}&date=ge${day(n % 350)}&date=lt${day((n % 350) + 7)}&_sort=-date&_count=20`,
  'a code above a value': (n) =>
    `Observation?code=http://loinc.org%7C${codes[n % codes.length]}&value-quantity=gt${99 + (n % 9) / 10}%7Chttp://unitsofmeasure.org%7Cmmol/L`,
  'the encounters under way of one patient': (n, patients) =>
    `Encounter?subject=Patient/p${n % patients}&status=in-progress`,
  'changed lately': () => `Encounter?_sort=-_lastUpdated&_count=20&_total=none`,
};

const agent = new Agent({ connections: 8, pipelining: 1, bodyTimeout: 120_000, headersTimeout: 120_000 });

async function send(method, url, body) {
  const headers = { 'content-type': 'application/fhir+json', prefer: 'return=minimal' };
  const response = await request(url, { method, dispatcher: agent, headers, body });
  const text = await response.body.text();
  if (response.statusCode >= 300) throw new Error(`${method} ${url}: ${response.statusCode} ${text.slice(0, 500)}`);
  return text;
}

async function fill(herald, count, patients) {
  let next = 0;
  const loop = async () => {
    while (next < count) {
      const first = next;
      next = Math.min(count, first + perBundle);
      const entry = Array.from({ length: next - first }, (_, n) => {
        const resource = resourceAt(first + n, patients);
        return { resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } };
      });
      await send('POST', herald.fhirUrl, JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }));
    }
  };
  await Promise.all(Array.from({ length: 4 }, loop));
  await herald.database.query('vacuum analyze');
}

/** Milliseconds of each of `samples` requests, one after another, sorted. */
async function times(herald, query, samples, patients) {
  const taken = [];
  for (let n = 0; n < samples; n += 1) {
    const started = performance.now();
    await send('GET', `${herald.fhirUrl}/${query(n * 7_919, patients)}`);
    taken.push(performance.now() - started);
  }
  return taken.sort((a, b) => a - b);
}

/** How often each index of the resources was read, and each table of them from end to end. */
async function scans(herald) {
  const { rows } = await herald.database.query(`
    select indexrelname as name, idx_scan::int as n from pg_stat_user_indexes where relname like 'resource%'
    union all select 'all of ' || relname, seq_scan::int from pg_stat_user_tables where relname like 'resource%'`);
  return new Map(rows.map(({ name, n }) => [name, n]));
}

/**
 * Times of a query, warmed up, and the names of what was read for it. Postgres tells of reads when a session has been quiet for a while, so all of them
 * are waited for: what is told late would be taken for the next query's.
 */
async function timesAndReads(herald, query, samples, patients) {
  const before = await scans(herald);
  await times(herald, query, WARM_UP, patients);
  const taken = await times(herald, query, samples, patients);
  const asked = WARM_UP + samples;
  let read = [];
  await until('the statistics of what was read', 60_000, async () => {
    const after = await scans(herald);
    read = [...after].map(([name, n]) => [name, n - (before.get(name) ?? 0)]).filter(([, n]) => n >= asked / 2);
    return read.some(([, n]) => n >= asked);
  });
  return { taken, read: read.map(([name]) => name) };
}

export async function search({ postgres, load, options, baselines }) {
  const herald = await startHerald(postgres, 'bench_search');
  const count = options.searchResources;
  const patients = count / 10;
  const samples = options.searchSamples;
  const figures = [];
  try {
    await fill(herald, count, patients);
    for (const [name, query] of Object.entries(queries)) {
      const { taken, read } = await timesAndReads(herald, query, samples, patients);
      figures.push({
        figure: `${name}: p50 alone, over ${count.toLocaleString('en')} resources`,
        value: quantile(taken, 0.5),
        unit: 'ms',
        baseline: 'L',
        ratio: quantile(taken, 0.5) / baselines.L,
        isLowBetter: true,
        note: `p95 ${quantile(taken, 0.95).toFixed(1)} ms; read ${read.join(', ')}`,
      });
    }
    const writing = load.call('creates', herald.fhirUrl, 4, 0, options.searchWriteMs);
    const every = [];
    const end = performance.now() + options.searchWriteMs;
    while (performance.now() < end)
      for (const query of Object.values(queries)) every.push(...(await times(herald, query, 5, patients)));
    const rate = await writing;
    every.sort((a, b) => a - b);
    figures.push({
      figure: 'all of them in turn while writes run: p50',
      value: quantile(every, 0.5),
      unit: 'ms',
      baseline: 'L',
      ratio: quantile(every, 0.5) / baselines.L,
      isLowBetter: true,
      note: `p95 ${quantile(every, 0.95).toFixed(1)} ms of ${every.length} searches beside ${rate.toFixed(0)} creates/s`,
    });
    return figures;
  } finally {
    await herald.stop();
  }
}
