// The story in four chapters: it works, it breaks, it is shown, it recovers.
import fs from 'node:fs';
import path from 'node:path';
import type { Client, Resource } from './client';
import { UPDATES_WHILE_BROKEN } from './limits';
import type { Receiver } from './receiver';
import type { Telling } from './telling';
import { complaints } from './verdict';

const bodyWeight = 'http://loinc.org|29463-7';
const bundleFolder = path.resolve(__dirname, '../../test/fixtures/synthea');

export interface Stage {
  readonly client: Client;
  readonly receiver: Receiver;
  readonly telling: Telling;
}

interface Feeds {
  ward: string;
  lab: string;
}

/** Tells it all. Out: what went wrong, in words; nothing when every delivery arrived in order. */
export async function tellStory(stage: Stage): Promise<string[]> {
  const feeds = await subscribe(stage);
  const patients = await loadPatients(stage);
  const updates = await breakIt(stage, feeds, patients);
  return [...updates.complaints, ...(await recover(stage, feeds, patients.length + updates.count))];
}

async function subscribe({ client, receiver, telling }: Stage): Promise<Feeds> {
  telling.chapter('1. Two systems want to be told');
  const wish = async (name: string, criteria: string): Promise<string> => {
    const { id } = await client.fhir('POST', 'Subscription', restHook(criteria, `${receiver.url}/${name}`));
    telling.call(id!, name);
    const active = await client.status(id!, 'active');
    telling.say(`Subscription ${criteria} → ${receiver.url}/${name} (${active ? 'active' : 'NOT active'})`);
    return id!;
  };
  return { ward: await wish('ward', 'Patient'), lab: await wish('lab', `Observation?code=${bodyWeight}`) };
}

/** Impatient settings, so that the story fits into a minute; an hour-long outage is told the same way. */
function restHook(criteria: string, endpoint: string): Resource {
  const duration = (name: string, ms: number): object => ({
    url: `urn:herald:${name}`,
    valueDuration: { value: ms, unit: 'ms', system: 'http://unitsofmeasure.org', code: 'ms' },
  });
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'the demo',
    criteria,
    channel: {
      extension: [
        duration('retry-delay', 250),
        duration('error-after', 1_000),
        { url: 'urn:herald:error-after-attempts', valuePositiveInt: 3 },
      ],
      type: 'rest-hook',
      endpoint,
      payload: 'application/fhir+json',
    },
  };
}

async function loadPatients({ client, receiver, telling }: Stage): Promise<Resource[]> {
  telling.chapter('2. Patients are loaded: each Bundle is one transaction');
  for (const file of fs
    .readdirSync(bundleFolder)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    const bundle = JSON.parse(fs.readFileSync(path.join(bundleFolder, file), 'utf8')) as Resource & {
      entry: unknown[];
    };
    await client.fhir('POST', '', bundle);
    telling.say(`${file}: ${bundle.entry.length} resources stored`);
  }
  const found = (await client.fhir('GET', 'Patient')) as Resource & { entry: { resource: Resource }[] };
  const weights = await client.total(`Observation?code=${bodyWeight}`);
  await client.until(() => (receiver.taken.length >= found.entry.length + weights ? true : undefined));
  telling.say(
    `${receiver.taken.length} notifications arrived: ${found.entry.length} patients, ${weights} body weights`,
  );
  return found.entry.map((entry) => entry.resource);
}

async function breakIt(
  stage: Stage,
  feeds: Feeds,
  patients: Resource[],
): Promise<{ count: number; complaints: string[] }> {
  const { client, receiver, telling } = stage;
  telling.chapter('3. The receiver breaks, and patients move house meanwhile');
  receiver.isBroken = true;
  telling.say('the receiver answers 503 to everything from now on');
  let count = 0;
  for (let street = 1; street <= UPDATES_WHILE_BROKEN; street += 1) {
    for (const patient of patients) {
      await client.fhir('PUT', `Patient/${patient.id}`, { ...patient, address: [{ line: [`${street} New Street`] }] });
      count += 1;
    }
  }
  telling.say(`${count} updates answered at once: nobody waits for the receiver`);
  const failed = await client.status(feeds.ward, 'error');
  telling.say(failed ? 'GET Subscription says status: error' : 'the Subscription did NOT turn error');
  if (failed) telling.say(`  ${String(failed['error'])}`);
  return { count, complaints: failed ? [] : ['ward: the status did not become error'] };
}

async function recover({ client, receiver, telling }: Stage, feeds: Feeds, wardEvents: number): Promise<string[]> {
  telling.chapter('4. The receiver is back: what waited arrives, in order');
  receiver.isBroken = false;
  const taken = (subscription: string): number =>
    new Set(receiver.taken.filter((one) => one.subscription === subscription).map((one) => one.eventNumber)).size;
  await client.until(() => (taken(feeds.ward) >= wardEvents ? true : undefined));
  const active = await client.status(feeds.ward, 'active');
  telling.say(
    active ? 'GET Subscription says status: active, and the error is gone' : 'the Subscription did NOT recover',
  );

  const labEvents = await client.total(`Observation?code=${bodyWeight}`);
  const of = (subscription: string) => receiver.taken.filter((one) => one.subscription === subscription);
  const wrong = [...complaints('ward', of(feeds.ward), wardEvents), ...complaints('lab', of(feeds.lab), labEvents)];
  if (!active || active['error'] !== undefined) wrong.push('ward: the status did not return to active');
  const failed = receiver.arrivals.length - receiver.taken.length;
  telling.say(
    `${wardEvents + labEvents} events, ${receiver.arrivals.length} requests, ${failed} of them refused by the receiver`,
  );
  return wrong;
}
