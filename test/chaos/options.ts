// npm run chaos -- --minutes 5 --seed n: what may be said on the command line.
import { parseArgs } from 'node:util';

export type Profile = 'embedded' | 'cluster';

/** storm: everything that can break. wipes: a steady load, in which Kafka and Redis twice lose all they hold at once, and nothing else happens. */
export type Plan = 'storm' | 'wipes';

export interface ChaosOptions {
  readonly profile: Profile;
  readonly plan: Plan;
  readonly minutes: number;
  readonly seed: number;
  /** The roles of each process. */
  readonly roles: readonly string[];
  readonly writers: number;
  /** How long everything may take to be delivered once all is well again. */
  readonly drainSeconds: number;
  /** Keeps the database's folder and what the receiver saw, for a look after a failed run. */
  readonly keep: boolean;
}

/** Two of each role; a relay beside the one that leads. */
const clusterRoles = ['api', 'api,relay', 'relay', 'matcher', 'matcher', 'deliverer', 'deliverer'];
const rolesMax = 16;

/** Throws when a value is not a number in its range. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      profile: { type: 'string', default: 'embedded' },
      plan: { type: 'string', default: 'storm' },
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      processes: { type: 'string' },
      roles: { type: 'string' },
      writers: { type: 'string', default: '6' },
      'drain-seconds': { type: 'string', default: '180' },
      keep: { type: 'boolean', default: false },
    },
  });
  const profile = oneOf<Profile>('profile', values.profile, ['embedded', 'cluster']);
  const plan = oneOf<Plan>('plan', values.plan, ['storm', 'wipes']);
  if (plan === 'wipes' && profile !== 'cluster') throw new Error('--plan wipes needs --profile cluster');
  return {
    profile,
    plan,
    minutes: within('minutes', values.minutes, 0.1, 600),
    seed: within('seed', values.seed, 0, 2 ** 32 - 1),
    roles: rolesOf(profile, values.roles, values.processes),
    writers: within('writers', values.writers, 1, 64),
    drainSeconds: within('drain-seconds', values['drain-seconds'], 10, 3_600),
    keep: values.keep,
  };
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(text)) return text as T;
  throw new Error(`--${name} must be ${allowed.join(' or ')}, not ${text}`);
}

/** `--roles 'api matcher deliverer'`: one process each; or `--processes n`, each with all roles. */
function rolesOf(profile: Profile, roles?: string, processes?: string): readonly string[] {
  if (roles !== undefined) {
    const list = roles.split(' ').filter(Boolean);
    if (list.length > 0 && list.length <= rolesMax) return list;
    throw new Error(`--roles must name the roles of 1 to ${rolesMax} processes, not "${roles}"`);
  }
  if (processes === undefined && profile === 'cluster') return clusterRoles;
  return Array<string>(within('processes', processes ?? '2', 1, 4)).fill('all');
}

function within(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  throw new Error(`--${name} must be a number from ${min} to ${max}, not ${text}`);
}
