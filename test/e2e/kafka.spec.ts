// The cluster profile's bus from end to end on a real broker: what is written is delivered and published, whatever befalls the broker.
import { execFile, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { RELAY_FAILPOINTS } from '../../src/platform';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/deadline';
import { HeraldProcess } from '../support/herald-process';
import { startHerald, type Herald } from '../support/herald';
import { BROKER_START_MS_MAX, describeWithKafka, KafkaBroker } from '../support/kafka-broker';
import { SubscriberStub } from '../support/subscriber-stub';
import { restHook, subscribe } from '../support/subscription';
import { TopicReader, type Read } from '../support/topic-reader';

jest.setTimeout(300_000);
const patient = { deadlineMs: 120_000 };
const run = promisify(execFile);
const hasKcat = spawnSync('kcat', ['-V'], { stdio: 'ignore' }).status === 0;
if (!hasKcat)
  process.stderr.write('\nNOT TESTED: kcat reads the topic. There is no `kcat` (Debian: apt-get install kcat).\n');
const downstream = path.resolve(__dirname, '../../examples/adt-from-topic.mjs');

describeWithKafka('Herald on Kafka', () => {
  let broker: KafkaBroker;
  let database: TestDatabase;
  let receiver: SubscriberStub;
  const heralds: Herald[] = [];
  beforeAll(async () => {
    broker = await KafkaBroker.start();
  }, BROKER_START_MS_MAX);
  afterAll(() => broker?.remove());
  beforeEach(async () => {
    database = await createTestDatabase();
    receiver = await SubscriberStub.start();
  });
  afterEach(async () => {
    for (const herald of heralds.splice(0)) await herald.stop();
    await receiver.stop();
    await database.drop();
  });

  const herald = async (topic: string, env: Record<string, string> = {}, roles?: string): Promise<Herald> => {
    const kafka = { KAFKA_BROKERS: broker.address, HERALD_KAFKA_TOPIC: topic, HERALD_KAFKA_GROUP: `${topic}-matchers` };
    const started = await startHerald({ database, roles, env: { ...kafka, HERALD_KAFKA_PARTITIONS: '4', ...env } });
    heralds.push(started);
    return started;
  };
  const waiting = async (column: 'published_at' | 'matched_at'): Promise<number> => {
    const condition = column === 'matched_at' ? 'matched_at is null' : `published_at = 'infinity'`;
    const text = `select count(*) as n from outbox where ${condition}`;
    return (await database.database.query<{ n: number }>({ text, values: [] })).rows[0]!.n;
  };
  const published = (): Promise<true> =>
    eventually(async () => (await waiting('published_at')) === 0 || undefined, { ...patient, what: 'all published' });
  const rounds = async (client: Herald, from: number, to: number, ids = 6): Promise<void> => {
    for (let round = from; round <= to; round += 1) {
      const put = (id: number) =>
        client.put({ resourceType: 'Patient', id: `p${id}`, birthDate: `19${10 + (round % 80)}-01-01` } as never);
      const answers = await Promise.all(Array.from({ length: ids }, (_, id) => put(id)));
      expect(answers.map(({ status }) => status).filter((status) => status >= 300)).toEqual([]);
    }
  };
  /** Every version was delivered, per resource in order, and the ledger has nothing to complain of. */
  const delivered = async (client: Herald, versions: number, ids = 6): Promise<void> => {
    await client.drained(patient.deadlineMs);
    expect(await client.violations()).toEqual([]);
    for (let id = 0; id < ids; id += 1) {
      const seen = receiver.processed.filter(({ path: at }) => at.endsWith(`/p${id}`));
      const numbers = [...new Set(seen.map(({ headers }) => Number(headers['herald-version'])))];
      expect(numbers).toEqual(Array.from({ length: versions }, (_, index) => index + 1));
    }
  };

  it('S1.1, I32: every change is one record, keyed by its root, without a patient id in a header or a log line', async () => {
    const one = await herald('plain', { HERALD_KAFKA_RESOURCE: 'true', HERALD_MATCH_SWEEP: '1m', LOG_LEVEL: 'debug' });
    await subscribe(one, restHook('Patient', receiver.url));
    await one.put({ resourceType: 'Patient', id: 'seeded-marker', birthDate: '1950-01-01' } as never);
    const observation = {
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'x' },
      valueQuantity: { value: 1 },
    };
    await one.post({ ...observation, subject: { reference: 'Patient/seeded-marker' } } as never);
    expect((await one.post({ resourceType: 'Patient', birthDate: 'never' } as never)).status).toBeGreaterThanOrEqual(
      400,
    );
    await one.del('Patient/seeded-marker');
    // Nobody sweeps for a minute: the topic alone brought it to the matcher.
    await receiver.received(1, patient.deadlineMs);
    await published();
    const reader = await TopicReader.start(broker, 'plain');
    await eventually(() => reader.records.filter(({ key }) => key.endsWith('seeded-marker')).length >= 3, patient);
    const ours = reader.records.filter(({ key }) => key === 'default/Patient/seeded-marker');
    expect(ours.map(({ value }) => `${value['type']} ${value['interaction']} ${value['version']}`)).toEqual([
      'Patient create 1',
      'Observation create 1',
      'Patient delete 2',
    ]);
    expect(ours[0]!.value['resource']).toMatchObject({ id: 'seeded-marker', birthDate: '1950-01-01' });
    expect(ours[2]!.value).toMatchObject({ previousVersion: 1, reference: 'Patient/seeded-marker/_history/2' });
    expect(new Set(reader.records.map(({ headers }) => headers['ce_id'])).size).toBe(reader.records.length);
    expect(JSON.stringify(reader.records.map(({ headers }) => headers))).not.toContain('seeded-marker');
    const said = one.logLines().filter(({ msg }) => /^(bus|relay)\./.test(String(msg)));
    expect(said.length).toBeGreaterThan(0);
    expect(JSON.stringify(said)).not.toContain('seeded-marker');
    const ready = await one.get('/health/ready');
    expect(ready.body).toMatchObject({ status: 'ready', checks: { hints: expect.any(Array) } });
    await reader.stop();
  });

  it('I31: roles apart (three Heralds on one database), two relays and two matchers: all is delivered in order; the broker dies by kill -9 twice', async () => {
    const api = await herald('killed', {}, 'api,relay');
    const matchers = [await herald('killed', {}, 'matcher,relay'), await herald('killed', {}, 'matcher,deliverer')];
    await subscribe(api, restHook('Patient', receiver.url));
    await rounds(api, 1, 10);
    for (let kill = 0; kill < 2; kill += 1) {
      await broker.kill();
      await rounds(api, 11 + kill * 10, 15 + kill * 10);
      await broker.restart();
      await rounds(api, 16 + kill * 10, 20 + kill * 10);
    }
    await delivered(api, 30);
    await published();
    const reader = await TopicReader.start(broker, 'killed');
    const all = Array.from({ length: 30 }, (_, index) => index + 1);
    await eventually(() => [0, 1, 2, 3, 4, 5].every((id) => reader.versionsOf(`p${id}`).length === 30), patient);
    for (let id = 0; id < 6; id += 1) expect(reader.versionsOf(`p${id}`)).toEqual(all);
    await reader.stop();
    expect(matchers).toHaveLength(2);
  });

  it('I2: with no broker at all writes succeed, deliveries go on by sweep, health says degraded; later all is published', async () => {
    await broker.stop();
    const one = await herald('absent');
    await subscribe(one, restHook('Patient', receiver.url));
    await rounds(one, 1, 3);
    await delivered(one, 3);
    const isDegraded = async (): Promise<boolean> => (await one.get('/health/ready')).body?.status === 'degraded';
    await eventually(isDegraded, patient);
    expect((await one.get('/health/ready')).status).toBe(200);
    expect(await waiting('published_at')).toBeGreaterThan(0);
    await broker.restart();
    await published();
    await eventually(async () => !(await isDegraded()), patient);
  });

  it('I17: the topic is deleted, and then everything the broker stored: nothing is lost', async () => {
    const one = await herald('wiped');
    await subscribe(one, restHook('Patient', receiver.url));
    await rounds(one, 1, 5);
    await published();
    const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await Promise.all([admin.deleteTopics({ topics: ['wiped'] }), rounds(one, 6, 10)]);
    await admin.disconnect();
    await rounds(one, 11, 15);
    await broker.wipe();
    await rounds(one, 16, 20);
    await delivered(one, 20);
    await published();
  });

  it('I3: the whole topic is read again twice, and no delivery is made twice', async () => {
    const one = await herald('again');
    await subscribe(one, restHook('Patient', receiver.url));
    await rounds(one, 1, 5);
    await delivered(one, 5);
    await published();
    const before = receiver.requests.length;
    const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    for (const group of ['replay-1', 'replay-2']) {
      await herald('again', { HERALD_KAFKA_GROUP: group }, 'matcher');
      // Every partition that holds something, to its end.
      const isRead = async (): Promise<boolean> => {
        const ends = (await admin.fetchTopicOffsets('again')).filter(({ high }) => high !== '0');
        const [read] = await admin.fetchOffsets({ groupId: group, topics: ['again'] });
        const offsets = new Map(read!.partitions.map(({ partition, offset }) => [partition, offset]));
        return ends.length > 0 && ends.every(({ partition, high }) => offsets.get(partition) === high);
      };
      await eventually(isRead, { ...patient, what: `group ${group} at the end of every partition` });
    }
    await admin.disconnect();
    await delivered(one, 5);
    expect(receiver.requests.length).toBe(before);
  });

  it.each(RELAY_FAILPOINTS)(
    'S1.2: a relay is gone by kill -9 at %s: the next one leaves nothing out',
    async (point) => {
      const topic = `gone-${point.replace('.', '-')}`;
      const kafka = { KAFKA_BROKERS: broker.address, HERALD_KAFKA_TOPIC: topic, HERALD_KAFKA_PARTITIONS: '4' };
      const strike = { HERALD_TEST_MODE: 'true', HERALD_FAILPOINTS: `${point}=exit@3`, HERALD_RELAY_BATCH: '2' };
      const one = await herald(topic, {}, 'api,matcher,deliverer');
      await subscribe(one, restHook('Patient', receiver.url));
      const env = { ...kafka, ...strike };
      const victim = await HeraldProcess.start({ databaseUrl: database.url, roles: 'relay', env });
      await rounds(one, 1, 5);
      await eventually(() => !victim.isRunning, { ...patient, what: 'the strike' });
      expect(victim.output).toContain(`failpoint ${point}: exit`);
      await victim.stop();
      expect(await waiting('published_at')).toBeGreaterThan(0);
      await herald(topic, {}, 'relay');
      await published();
      await delivered(one, 5);
      const reader = await TopicReader.start(broker, topic);
      await eventually(() => [0, 1, 2, 3, 4, 5].every((id) => reader.versionsOf(`p${id}`).length === 5), patient);
      for (let id = 0; id < 6; id += 1) expect(reader.versionsOf(`p${id}`)).toEqual([1, 2, 3, 4, 5]);
      const named = (value: Read['value']): string => `${value['id']}/${value['version']}`;
      const ids = new Set(
        reader.records.map(({ value, headers }) => `${named(value)} ${value['type']} ${headers['ce_id']}`),
      );
      expect(ids.size).toBe(new Set(reader.records.map(({ value }) => `${named(value)} ${value['type']}`)).size);
      await reader.stop();
    },
  );

  it('S1.48: the example downstream prints each change of a Patient once, in order', async () => {
    const one = await herald('adt');
    await rounds(one, 1, 4, 2);
    await one.del('Patient/p0');
    await published();
    const child = spawn(process.execPath, [downstream], {
      env: { PATH: process.env.PATH, KAFKA_BROKERS: broker.address, TOPIC: 'adt', GROUP: 'adt-test' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const lines = (id: string): string[] => output.split('\n').filter((line) => line.includes(`PID|||${id} `));
    await eventually(() => lines('p0').length === 5 && lines('p1').length === 4, patient);
    expect(lines('p0').map((line) => /ADT\^(A\d\d)\|.*\|(\d+)$/.exec(line)?.slice(1).join(' '))).toEqual([
      'A28 1',
      'A31 2',
      'A31 3',
      'A31 4',
      'A29 5',
    ]);
    child.kill('SIGTERM');
    await ended;
  });

  describe('programs that are not ours read the events', () => {
    const said = (output: string): string[] =>
      output.split('\n').filter((line) => line.includes('"id":"read-by-others"') && line.includes('ce_id'));
    let topic: string;
    beforeEach(async () => {
      topic = `others-${heralds.length}-${Math.floor(performance.now())}`;
      const one = await herald(topic);
      await one.put({ resourceType: 'Patient', id: 'read-by-others' });
      await one.put({ resourceType: 'Patient', id: 'read-by-others', active: true } as never);
      await published();
    });

    it("Kafka's own console consumer", async () => {
      const options = ['key', 'headers'].flatMap((part) => ['--property', `print.${part}=true`]);
      const { stdout } = await run('java', [
        ...['-cp', `${broker.library}/*`, 'org.apache.kafka.tools.consumer.ConsoleConsumer'],
        ...['--bootstrap-server', broker.address, '--topic', topic, '--from-beginning', '--timeout-ms', '20000'],
        ...['--max-messages', '2', ...options],
      ]);
      expect(said(stdout)).toHaveLength(2);
      expect(said(stdout)[0]).toContain('default/Patient/read-by-others');
    });

    (hasKcat ? it : it.skip)('kcat', async () => {
      const format = ['-f', '%k %h %s\\n'];
      const { stdout } = await run('kcat', [
        '-b',
        broker.address,
        '-t',
        topic,
        '-C',
        '-o',
        'beginning',
        '-e',
        '-q',
        ...format,
      ]);
      expect(said(stdout)).toHaveLength(2);
      expect(said(stdout)[1]).toContain('ce_type=herald.resource.updated');
    });
  });
});
