// Strikes on Herald's own processes: killed, frozen, gone at a step of the road.
import { FAILPOINTS, RELAY_FAILPOINTS } from '../../src/platform';
import type { FaultGround, Strike, Strikes } from './strike';

const roles = ['api', 'relay', 'matcher', 'deliverer'] as const;
type Role = (typeof roles)[number];

/** The relay's lease, which no setting shortens. */
const relayLeaseMs = 15_000;
const points: Readonly<Record<Role, readonly string[]>> = {
  api: pointsOf(/^write/),
  relay: RELAY_FAILPOINTS,
  matcher: pointsOf(/match/),
  deliverer: pointsOf(/^(claim|send|finish|health|idle|lease|sweep\.claim)/),
};

function pointsOf(pattern: RegExp): string[] {
  return FAILPOINTS.filter((point) => pattern.test(point));
}

async function kill({ fleet, dice }: FaultGround, role?: Role): Promise<number> {
  const place = fleet.target(dice, role);
  if (!place) return 0;
  await fleet.kill(place, dice.between(0, 2_000));
  return 1;
}

async function killAll({ fleet, dice }: FaultGround): Promise<number> {
  const downMs = dice.between(0, 2_000);
  const places = fleet.target(dice) ? fleet.allUp() : [];
  await Promise.all(places.map((place) => fleet.kill(place, downMs)));
  return places.length;
}

/** The process that comes back dies at a step of the road, some visits later. */
async function armed({ fleet, dice }: FaultGround, role?: Role): Promise<number> {
  const place = fleet.target(dice, role);
  if (!place) return 0;
  const visits = Math.ceil(dice.next() ** 2 * 60);
  await fleet.kill(place, 0, `${dice.pick(role ? points[role] : FAILPOINTS)}=exit@${visits}`);
  return 1;
}

async function freeze({ fleet, dice }: FaultGround, ms: number, role?: Role): Promise<number> {
  const place = fleet.target(dice, role);
  if (!place) return 0;
  await fleet.freeze(place, ms);
  return 1;
}

const pastLease = (ground: FaultGround): number => ground.leaseMs + ground.dice.between(500, 3_000);
const aMoment = ({ dice }: FaultGround): number => dice.between(100, 1_800);

/** The one that leads stands still until another has led for a while; then it wakes in the middle of a send. */
async function freezeLeader({ fleet, dice, database }: FaultGround): Promise<number> {
  const text = `select split_part(holder, '-', 1)::int as pid from leader where duty = 'relay'`;
  const { rows } = await database.query<{ pid: number }>({ text, values: [] });
  const place = rows[0] && fleet.placeOf(rows[0].pid);
  if (!place) return 0;
  await fleet.freeze(place, relayLeaseMs + dice.between(500, 3_000));
  return 1;
}

export const strikesOnProcesses: Strikes = {
  'kill -9 of a process': { weight: 16, run: (ground) => kill(ground) },
  'kill -9 of all processes': { weight: 3, run: killAll },
  'exit at a failpoint': { weight: 14, run: (ground) => armed(ground) },
  'freeze longer than a lease': { weight: 9, excusesLate: true, run: (ground) => freeze(ground, pastLease(ground)) },
  'freeze for a moment': { weight: 8, run: (ground) => freeze(ground, aMoment(ground)) },
};

function strikesOn(role: Role): [string, Strike][] {
  const excuse = role === 'deliverer' ? ({ excusesLate: true } as const) : {};
  return [
    [`${role}: kill -9`, { weight: 5, run: (ground) => kill(ground, role) }],
    [`${role}: exit at a failpoint`, { weight: 4, run: (ground) => armed(ground, role) }],
    [
      `${role}: frozen longer than a lease`,
      { weight: 2, ...excuse, run: (ground) => freeze(ground, pastLease(ground), role) },
    ],
    [`${role}: frozen for a moment`, { weight: 2, run: (ground) => freeze(ground, aMoment(ground), role) }],
  ];
}

/** Each role struck as often as the others, however many processes it has. */
export const strikesOnRoles: Strikes = {
  ...Object.fromEntries(roles.flatMap(strikesOn)),
  'the leading relay: frozen longer than its own lease': { weight: 2, run: freezeLeader },
  'kill -9 of all processes': { weight: 1, run: killAll },
};
