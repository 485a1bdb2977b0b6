// What every Herald of a run is told: everything that waits, waits less, so that a minute holds many leases, retries and sweeps.
import type { ChaosOptions, Profile } from './options';

export const deadlineMs = 1_000;
export const leaseMs = 3_000;

const hasty = {
  HERALD_TEST_MODE: 'true',
  HERALD_DELIVERY_DEADLINE: `${deadlineMs}ms`,
  HERALD_DELIVERY_LEASE: `${leaseMs}ms`,
  HERALD_DELIVERY_RENEW: '200ms',
  HERALD_DELIVERY_SWEEP: '300ms',
  HERALD_MATCH_SWEEP: '300ms',
  HERALD_RETRY_BASE: '100ms',
  HERALD_RETRY_FACTOR: '2',
  HERALD_RETRY_MAX: '2s',
  HERALD_DELIVERY_WINDOW: '40',
  HERALD_DELIVERY_BUSY: '10',
  HERALD_AUDIT_INTERVAL: '10s',
  // What a half-open connection to Postgres costs is this long.
  HERALD_STATEMENT_TIMEOUT: '8s',
};

export const settingsOf: Readonly<Record<Profile, Readonly<Record<string, string>>>> = {
  embedded: hasty,
  // Small processes, since there are many; a batch small enough that a relay dies in the middle of several.
  cluster: {
    ...hasty,
    NODE_OPTIONS: '--max-old-space-size=256',
    HERALD_POOL_API: '8',
    HERALD_POOL_DELIVERER: '4',
    HERALD_RELAY_BATCH: '50',
  },
};

/** How long between two faults, and between a client's answer and its next write. */
export function pausesOf({ plan, profile, minutes }: Pick<ChaosOptions, 'plan' | 'profile' | 'minutes'>): {
  readonly faultMs: readonly [number, number];
  readonly writeMs: readonly [number, number];
} {
  // Twice in a run, with as much time before, between and after.
  const third = (minutes * 60_000) / 3;
  if (plan === 'wipes') return { faultMs: [third, third], writeMs: [100, 100] };
  return { faultMs: profile === 'cluster' ? [1_000, 4_000] : [1_500, 6_000], writeMs: [5, 60] };
}
