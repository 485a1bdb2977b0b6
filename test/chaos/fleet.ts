// The Herald processes of a run: each in its place, which is filled again whenever its process is gone. What ends by itself is written down.
import { SystemClock } from '../../src/platform';
import { HeraldProcess, newDataDir } from '../support/herald-process';
import type { Dice } from './dice';

const clock = new SystemClock();
const startsMax = 20;
/** Whoever shares this machine may leave little of it to a process that starts. */
const readyMsMax = 180_000;
const watchEveryMs = 50;
/** A process that came back is left alone this long, so that a run on a slow machine is more than starts. */
const settlingMs = 3_000;

export interface Place {
  readonly index: number;
  /** As in ROLES: `all`, or several separated by commas. */
  readonly roles: string;
  readonly dataDir: string;
  herald?: HeraldProcess;
  state: 'up' | 'frozen' | 'busy' | 'closed';
  upSinceMs: number;
  /** An armed failpoint may end the process: that end is meant. */
  mayEnd: boolean;
}

export interface FleetOptions {
  readonly databaseUrl: string;
  readonly env: Readonly<Record<string, string>>;
  /** The roles of each process. */
  readonly roles: readonly string[];
  readonly onPid: (line: string) => void;
  readonly onLine: (line: string, place: number) => void;
}

export class Fleet {
  /** Processes that ended though nobody ended them: none should (I19). */
  readonly strayEnds: string[] = [];
  /** Starts that failed, as they may while the database is away. */
  failedStarts = 0;
  /** Ends at an armed failpoint, with their time. */
  readonly struck: { readonly point: string; readonly at: number }[] = [];
  private readonly places: Place[];
  private isClosing = false;

  constructor(private readonly options: FleetOptions) {
    this.places = options.roles.map((roles, index) => ({
      index,
      roles,
      dataDir: newDataDir('herald-chaos-'),
      state: 'busy',
      upSinceMs: 0,
      mayEnd: false,
    }));
  }

  /** One after another, then the rest together: the first brings the database to its form. */
  async start(): Promise<void> {
    const [first, ...rest] = this.places;
    await this.fill(first!);
    await Promise.all(rest.map((place) => this.fill(place)));
    for (const place of this.places) void this.watch(place);
  }

  get dataDirs(): readonly string[] {
    return this.places.map((place) => place.dataDir);
  }

  /** A process that should answer requests; one may be frozen or just gone all the same, as clients find out. */
  any(dice: Dice): HeraldProcess | undefined {
    const up = this.places.filter(
      (place) => place.herald && serves(place) && (place.state === 'up' || place.state === 'frozen'),
    );
    return up.length === 0 ? undefined : dice.pick(up).herald;
  }

  /** A place whose process may be struck now, of one role if it is named: settled, and not the last one up of any of its roles, if there are several. */
  target(dice: Dice, role?: string): Place | undefined {
    const up = this.places.filter((place) => place.state === 'up');
    const countOf = (places: readonly Place[], one: string): number => places.filter((place) => has(place, one)).length;
    const isLast = (place: Place): boolean =>
      place.roles.split(',').some((one) => countOf(up, one) < 2 && countOf(this.places, one) > 1);
    const fit = up.filter(
      (place) => performance.now() - place.upSinceMs >= settlingMs && has(place, role) && !isLast(place),
    );
    return fit.length === 0 ? undefined : dice.pick(fit);
  }

  /** Whether half of the processes are up: else there is nothing to see but starts, as on a busy machine. */
  get isLively(): boolean {
    return this.places.filter((place) => place.state === 'up').length * 2 >= this.places.length;
  }

  /** The place with this process, if it is up. */
  placeOf(pid: number): Place | undefined {
    return this.places.find((place) => place.state === 'up' && place.herald?.pid === pid);
  }

  /** Every place with a process that is up. */
  allUp(): readonly Place[] {
    return this.places.filter((place) => place.state === 'up');
  }

  /** kill -9; after `downMs` a new process, with failpoints armed when given. */
  async kill(place: Place, downMs: number, failpoints?: string): Promise<void> {
    place.state = 'busy';
    await this.bury(place);
    await clock.sleep(downMs);
    await this.fill(place, failpoints);
  }

  async freeze(place: Place, ms: number): Promise<void> {
    const { herald } = place;
    place.state = 'frozen';
    herald!.freeze();
    await clock.sleep(ms);
    herald!.resume();
    place.state = 'up';
  }

  /** Every place with a running process and no failpoint armed. */
  async heal(): Promise<void> {
    this.isClosing = true;
    await Promise.all(
      this.places.map(async (place) => {
        place.herald?.resume();
        const isFit = place.herald?.isRunning && !place.mayEnd && place.state === 'up';
        if (!isFit) await this.kill(place, 0);
      }),
    );
  }

  /** SIGTERM; answers the exit codes, 0 for a drain in order. */
  async stop(): Promise<(number | null)[]> {
    this.isClosing = true;
    const codes = await Promise.all(this.places.map(async ({ herald }) => (await herald?.stop()) ?? null));
    for (const place of this.places) place.state = 'closed';
    return codes;
  }

  async killAll(): Promise<void> {
    this.isClosing = true;
    await Promise.all(this.places.map((place) => this.bury(place)));
  }

  private async bury(place: Place): Promise<void> {
    const { herald } = place;
    if (!herald) return;
    place.herald = undefined;
    await herald.kill();
    this.options.onPid(`-${herald.pid}`);
  }

  private async fill(place: Place, failpoints?: string): Promise<void> {
    const { databaseUrl, env, onPid, onLine } = this.options;
    for (let tries = 1; ; tries += 1) {
      try {
        const extra = failpoints ? { HERALD_FAILPOINTS: failpoints } : undefined;
        place.herald = await HeraldProcess.start({
          databaseUrl,
          roles: place.roles,
          dataDir: place.dataDir,
          env: { ...env, ...extra },
          readyDeadlineMs: readyMsMax,
          onSpawn: (pid) => onPid(`+${pid}`),
          onLine: (line) => onLine(line, place.index),
        });
        place.mayEnd = failpoints !== undefined;
        place.state = 'up';
        place.upSinceMs = performance.now();
        return;
      } catch (error) {
        // Expected: the database is away just now, or the failpoint struck before the first request. A machine's own supervisor would try again too.
        if (/failpoint [a-z.-]+: exit/.test(String(error))) failpoints = undefined;
        else this.failedStarts += 1;
        if (tries >= startsMax || /with this configuration/.test(String(error))) throw error;
        await clock.sleep(500);
      }
    }
  }

  /** Fills the place again when its process is gone without our doing. */
  private async watch(place: Place): Promise<void> {
    while (!this.isClosing) {
      const { herald } = place;
      if (place.state === 'up' && herald && !herald.isRunning) {
        place.state = 'busy';
        this.note(place, herald.output);
        await this.bury(place);
        await this.fill(place);
      }
      await clock.sleep(watchEveryMs);
    }
  }

  private note(place: Place, output: string): void {
    const point = /failpoint ([a-z.-]+): exit/.exec(output)?.[1];
    if (place.mayEnd && point) this.struck.push({ point, at: performance.timeOrigin + performance.now() });
    else this.strayEnds.push(output.split('\n').slice(-3).join(' | ').slice(0, 600));
  }
}

function serves(place: Place): boolean {
  return has(place, 'api');
}

function has({ roles }: Place, role?: string): boolean {
  return role === undefined || roles === 'all' || roles.split(',').includes(role);
}
