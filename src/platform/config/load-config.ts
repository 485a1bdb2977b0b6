// Reads the environment once into one frozen object. All that is wrong is told at once, and nothing starts.
import net from 'node:net';
import path from 'node:path';
import { parseFailpoint } from '../failpoint/parse-failpoints';
import { AddressPolicy } from '../http-egress/address-policy';
import type { HeraldConfig, Role } from './config';
import { kafkaConfigOf, kafkaConflicts } from './kafka-settings';
import { Wrong } from './kinds';
import type { Setting, ValuesOf } from './setting';
import { SETTINGS, SETTINGS_BY_GROUP } from './settings';

/** The start was refused by what stands in the environment; the message names each variable, what is wrong and what to do. */
export class ConfigError extends Error {
  override name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(`Herald cannot start with this configuration:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

const OWN_PREFIX = 'HERALD_';
const ALL_ROLES: readonly Role[] = ['api', 'relay', 'matcher', 'deliverer'];
const LOOPBACK = ['127.0.0.0/8', '::1/128', 'localhost'];
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];
/** What an attempt may still need after its deadline before its lease may end: to write its result. */
const LEASE_RESERVE_MS = 15_000;
const LEASE_RESERVE_TEST_MS = 2_000;

/** Throws ConfigError when a value is wrong, a HERALD_ name is unknown, or the settings together are unsafe. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): HeraldConfig {
  const problems = unknownNames(env);
  const values = readAll(env, problems);
  const config = assemble(values);
  problems.push(...conflicts(config), ...kafkaConflicts(values.kafka));
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(config);
}

type Group = Record<string, Setting<unknown> & { fallback?: string }>;
type Values = { [G in keyof typeof SETTINGS]: ValuesOf<(typeof SETTINGS)[G]> };

function readAll(env: NodeJS.ProcessEnv, problems: string[]): Values {
  const readGroup = (group: Group): Record<string, unknown> =>
    Object.fromEntries(Object.entries(group).map(([key, setting]) => [key, readOne(setting, env, problems)]));
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([name, group]) => [name, readGroup(group as Group)]),
  ) as Values;
}

/** An empty variable counts as not set, as compose files write it. */
function readOne(setting: Setting<unknown>, env: NodeJS.ProcessEnv, problems: string[]): unknown {
  const given = env[setting.name]?.trim() || undefined;
  if (given === undefined && setting.fallback === undefined) return undefined;
  const value = setting.kind.read(given ?? setting.fallback!);
  if (!(value instanceof Wrong)) return value;
  problems.push(`${setting.name} must be ${value.mustBe}.`);
  return setting.fallback === undefined ? undefined : setting.kind.read(setting.fallback);
}

function unknownNames(env: NodeJS.ProcessEnv): string[] {
  const known = SETTINGS_BY_GROUP.flatMap(({ settings }) => settings.map(({ name }) => name));
  return Object.keys(env)
    .filter((name) => name.startsWith(OWN_PREFIX) && !known.includes(name))
    .map((name) => `${name} is not a setting. ${nearest(name, known)}All settings: docs/how-to/configuration.md.`);
}

function assemble(values: Values): HeraldConfig {
  const { start, access, http, egress, subscriptions, deliveries, database, upkeep, backpressure, testing } = values;
  const kafka = kafkaConfigOf(values.kafka);
  const isCluster = kafka !== undefined || start.redisUrl !== undefined;
  const allowPrivate = egress.allowPrivate ?? (start.databaseUrl === undefined ? ['loopback'] : []);
  const { sweepIntervalMs, claimMax, ...pools } = database;
  return {
    host: start.host,
    port: start.port,
    dataDir: path.resolve(start.dataDir),
    databaseUrl: start.databaseUrl,
    kafka,
    redis: start.redisUrl === undefined ? undefined : { url: start.redisUrl, prefix: start.redisPrefix },
    roles: rolesOf(start.roles),
    logLevel: start.logLevel,
    profile: isCluster ? 'cluster' : 'embedded',
    tokens: access.tokens,
    allowUnauthenticated: access.allowUnauthenticated,
    http,
    egress: {
      allowPrivate: allowPrivate.flatMap((entry) => (entry === 'loopback' ? LOOPBACK : [entry])),
      allowHttp: egress.allowHttp.flatMap((entry) => (entry === 'loopback' ? LOOPBACK_NAMES : [entry])),
      connectTimeoutMs: deliveries.connectTimeoutMs,
      connectionsPerOrigin: egress.connectionsPerOrigin,
    },
    subscriptions: { ...subscriptions, secretKey: access.secretKey },
    deliveries,
    database: pools,
    matching: { sweepIntervalMs, claimMax },
    upkeep,
    backpressure,
    testing: {
      isTestMode: testing.isTestMode,
      failpoints: testing.failpoints.flatMap((text) => parseFailpoint(text) ?? []),
    },
  };
}

function rolesOf(names: readonly string[]): ReadonlySet<Role> {
  return new Set(names.includes('all') || names.length === 0 ? ALL_ROLES : (names as Role[]));
}

/** What no single value can tell. */
function conflicts(config: HeraldConfig): string[] {
  const { deadlineMs, leaseMs, windowRows, busyRows } = config.deliveries;
  const { isTestMode, failpoints } = config.testing;
  const reserveMs = isTestMode ? LEASE_RESERVE_TEST_MS : LEASE_RESERVE_MS;
  const checks: [boolean, string][] = [
    [
      !isLoopback(config.host) && config.tokens.length === 0 && !config.allowUnauthenticated,
      `HOST is ${config.host}, so anybody who reaches it could read and write everything: set HERALD_TOKENS (name:token,…), ` +
        'or HERALD_ALLOW_UNAUTHENTICATED=true when something in front of it authenticates.',
    ],
    [
      leaseMs < deadlineMs + reserveMs,
      `HERALD_DELIVERY_LEASE (${leaseMs} ms) must be at least HERALD_DELIVERY_DEADLINE (${deadlineMs} ms) plus ${reserveMs / 1000} s: ` +
        'otherwise a second worker could send what the first is still sending.',
    ],
    [
      config.databaseUrl !== undefined && config.subscriptions.secretKey === undefined,
      'HERALD_SECRET_KEY is required with DATABASE_URL: every process on that database needs the same key. Make one with: openssl rand -base64 32',
    ],
    [
      config.redis !== undefined && config.databaseUrl === undefined,
      'REDIS_URL is for processes that share a DATABASE_URL: set that too, or unset REDIS_URL.',
    ],
    [
      isTestMode && !isLoopback(config.host),
      `HERALD_TEST_MODE is for tests on one machine: it cannot be on while HOST is ${config.host}.`,
    ],
    [
      failpoints.length > 0 && !isTestMode,
      'HERALD_FAILPOINTS makes the server fail on purpose: unset it. Only a start with HERALD_TEST_MODE=true accepts it.',
    ],
    [busyRows > windowRows, 'HERALD_DELIVERY_BUSY must not be larger than HERALD_DELIVERY_WINDOW.'],
    [
      config.deliveries.retryBaseMs > config.deliveries.retryMaxMs,
      'HERALD_RETRY_BASE must not be longer than HERALD_RETRY_MAX.',
    ],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return (
    net.isIP(host) !== 0 &&
    new AddressPolicy([]).refuses(host, '') !== undefined &&
    new AddressPolicy(LOOPBACK).refuses(host, '') === undefined
  );
}

/** The known name with the fewest single-letter changes, when there are few. */
function nearest(name: string, known: readonly string[]): string {
  const ranked = known
    .map((other) => ({ other, distance: distanceBetween(name, other) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0]!;
  return best.distance <= name.length / 3 ? `Did you mean ${best.other}? ` : '';
}

function distanceBetween(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const letter of left) {
    const next = [row[0]! + 1];
    for (let index = 1; index <= right.length; index += 1) {
      const replaced = row[index - 1]! + (letter === right[index - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[index]! + 1, next[index - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
