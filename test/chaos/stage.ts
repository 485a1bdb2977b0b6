// What a run stands on: a folder, a durable Postgres of its own, the line to it, the receiver, and someone who clears up if the run is killed.
import { fork, spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { createLog, Database, EmbeddedPostgres, migrate } from '../../src/platform';
import { Deadline } from '../support/deadline';
import { newDataDir } from '../support/herald-process';
import type { Arrival } from './arrival';
import { ClusterServers } from './cluster-servers';
import { Line } from '../support/line';
import type { ChaosOptions } from './options';
import type { ReceiverOrder } from './receiver';

const projectRoot = path.resolve(__dirname, '../..');
const answerMsMax = 30_000;

interface Props {
  readonly folder: string;
  readonly postgres: EmbeddedPostgres;
  readonly line: Line;
  /** In the cluster profile. */
  readonly servers?: ClusterServers;
  readonly database: Database;
  readonly receiver: ChildProcess;
  readonly receiverUrl: string;
  readonly undertaker: Undertaker;
}

type Undertaker = ChildProcessByStdio<Writable, null, null>;

export class Stage {
  private constructor(private readonly props: Props) {}

  static async build({ seed, profile }: Pick<ChaosOptions, 'seed' | 'profile'>): Promise<Stage> {
    const undertaker = spawn(process.execPath, [path.join(projectRoot, 'tools/undertaker.mjs')], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    const folder = newDataDir('herald-chaos-');
    const log = createLog({ level: 'fatal' });
    const postgres = await EmbeddedPostgres.start({ dataDir: folder, log, durable: true });
    undertaker.stdin.write(`folder ${postgres.folder}\n`);
    await migrate(postgres.url, path.join(projectRoot, 'migrations'), log);
    const line = await Line.open();
    line.aim(Number(new URL(postgres.url).port));
    const onPid = (text: string): void => void undertaker.stdin.write(`${text}\n`);
    const servers = profile === 'cluster' ? await ClusterServers.start(onPid) : undefined;
    const database = Database.open({ url: postgres.url, poolMax: 4, applicationName: 'chaos', log });
    const receiver = fork(path.join(__dirname, 'receiver.ts'), {
      execArgv: ['--require', path.join(projectRoot, 'tools', 'typescript.cjs')],
    });
    undertaker.stdin.write(`+${receiver.pid}\n`);
    const receiverUrl = await ask(receiver, { order: 'listen', seed, file: path.join(folder, 'arrivals.jsonl') });
    const url = receiverUrl as string;
    return new Stage({ folder, postgres, line, servers, database, receiver, receiverUrl: url, undertaker });
  }

  get folder(): string {
    return this.props.folder;
  }

  get line(): Line {
    return this.props.line;
  }

  get servers(): ClusterServers | undefined {
    return this.props.servers;
  }

  /** What every Herald process is told of the servers. */
  get databaseUrl(): string {
    return this.line.through(this.props.postgres.url);
  }

  /** Past the line. */
  get database(): Database {
    return this.props.database;
  }

  get receiverUrl(): string {
    return this.props.receiverUrl;
  }

  get postgresFolder(): string {
    return this.props.postgres.folder;
  }

  /** `+pid` and `-pid`: who is to be cleared away should this process be killed. */
  readonly onPid = (line: string): void => void this.props.undertaker.stdin.write(`${line}\n`);

  tellReceiver(order: ReceiverOrder): Promise<unknown> {
    return ask(this.props.receiver, order);
  }

  /** Ends the receiver; answers all it saw. */
  async arrivals(): Promise<Arrival[]> {
    await ask(this.props.receiver, { order: 'end' });
    const file = path.join(this.folder, 'arrivals.jsonl');
    if (!fs.existsSync(file)) return [];
    const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Arrival);
  }

  /** Stops everything. Without `keep` the folders go too. */
  async clear(keep: boolean, dataDirs: readonly string[]): Promise<void> {
    const { folder, postgres, line, servers, database, receiver, undertaker } = this.props;
    if (receiver.connected) receiver.disconnect();
    await servers?.stop();
    await line.close();
    await database.close();
    await postgres.stop();
    undertaker.stdin.end();
    if (keep) return;
    for (const one of [postgres.folder, folder, ...dataDirs]) fs.rmSync(one, { recursive: true, force: true });
  }
}

async function ask(child: ChildProcess, order: ReceiverOrder): Promise<unknown> {
  const deadline = new Deadline(answerMsMax, () => `the receiver did not answer ${order.order}`);
  let result: unknown;
  child.once('message', (message: { result: unknown }) => {
    result = message.result;
    deadline.met();
  });
  child.send(order);
  await deadline.outcome;
  return result;
}
