// Reads armed failpoints from one text: `point=action`, separated by commas. Actions: exit, freeze, freeze(200ms), error, error(XX000),
// delay(50ms). When: @3 at the third visit only (without it: the first), @3+ from the third on, @/3 at every third.
import { parseDuration } from '../config/units';
import {
  FAILPOINTS,
  RELAY_FAILPOINTS,
  type ArmedFailpoint,
  type FailpointAction,
  type FailpointName,
} from './failpoint';

const FORM = /^([a-z.-]+)=(exit|freeze|error|delay)(?:\(([^)]*)\))?(?:@(\/?)(\d+)(\+?))?$/;
/** What a lost connection is to the program. */
const CONNECTION_LOST = '08006';
const DELAY_MS_MAX = 60_000;

/** Undefined when the text is not of that form or names no point. */
export function parseFailpoint(text: string): ArmedFailpoint | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const [, name, kind, argument, each, at, on] = match;
  const action = actionOf(kind!, argument);
  if (!isPoint(name!) || action === undefined || (each && on) || at === '0') return undefined;
  return { name, action, at: Number(at ?? 1), repeat: each ? 'each' : on ? 'on' : undefined };
}

function actionOf(kind: string, argument: string | undefined): FailpointAction | undefined {
  if (kind === 'exit') return argument === undefined ? { kind } : undefined;
  if (kind === 'error') {
    const code = argument ?? CONNECTION_LOST;
    return /^[0-9A-Z]{5}$/.test(code) ? { kind, code } : undefined;
  }
  if (kind === 'freeze' && argument === undefined) return { kind };
  const ms = parseDuration(argument ?? '');
  if (ms === undefined || ms > DELAY_MS_MAX || (kind !== 'freeze' && kind !== 'delay')) return undefined;
  return { kind, ms };
}

function isPoint(name: string): name is FailpointName {
  return ([...FAILPOINTS, ...RELAY_FAILPOINTS] as readonly string[]).includes(name);
}
