// The Subscriptions of a run, and what each of them has to hear by its criteria: told here a second time, so that "matched by nobody" is
// not taken from the matcher's own word.
import type { FhirClient } from '../support/fhir-client';
import { reindexed, searchParameter } from '../support/search-parameter';
import { restHook, subscribe } from '../support/subscription';

export interface Listener {
  /** Its place at the receiver; the name begins with its habit there. */
  readonly slot: string;
  readonly criteria: string;
  readonly wants: (resource: any) => boolean;
  readonly type: string;
  readonly sendsDeletes: boolean;
  readonly hasPayload: boolean;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

const hasty = { 'retry-delay': '100ms', 'error-after': '3s', 'error-after-attempts': 5 } as const;
const everything = (): boolean => true;

function listener(slot: string, criteria: string, rest: Partial<Listener> = {}): Listener {
  return {
    slot,
    criteria,
    type: criteria.split('?')[0]!,
    wants: everything,
    sendsDeletes: false,
    hasPayload: true,
    ...rest,
    settings: { ...hasty, ...rest.settings, ...(rest.sendsDeletes ? { 'send-deletes': true } : {}) },
  };
}

export const listeners: readonly Listener[] = [
  listener('well', 'Observation', { settings: { 'ordering-key': 'focus' } }),
  listener('hostile-none', 'Patient', { settings: { 'ordering-key': 'none' } }),
  listener('hostile-focus', 'Patient', { settings: { 'ordering-key': 'focus' }, sendsDeletes: true }),
  listener('hostile-patient', 'Observation?status=final', {
    settings: { 'ordering-key': 'patient' },
    sendsDeletes: true,
    wants: (resource) => resource.status === 'final',
  }),
  listener('hostile-empty', 'Observation', { hasPayload: false, sendsDeletes: true }),
  listener('hostile-one-by-one', 'Patient?active=true', {
    settings: { 'ordering-key': 'subscription' },
    wants: (resource) => resource.active === true,
  }),
  // By a SearchParameter of the run's own.
  listener('hostile-own', 'Observation?own-status=final', {
    settings: { 'ordering-key': 'focus' },
    wants: (resource) => resource.status === 'final',
  }),
  listener('slow', 'Patient', { settings: { 'ordering-key': 'focus', cap: 16 } }),
  listener('dead-for-a-while', 'Observation?status=final', {
    settings: { 'ordering-key': 'focus' },
    wants: (resource) => resource.status === 'final',
  }),
  listener('picky', 'Patient', {
    settings: { 'ordering-key': 'patient', 'poison-after': '0s', 'poison-after-attempts': 2 },
    sendsDeletes: true,
  }),
];

/** Makes their search parameter usable, subscribes them all and waits until each is active. Answers FHIR id → listener. */
export async function seat(herald: FhirClient, receiverUrl: string): Promise<Map<string, Listener>> {
  const { status, text } = await herald.put(searchParameter('Observation.own-status', 'token', 'Observation.status'));
  if (status !== 201) throw new Error(`The search parameter was answered ${status} ${text}`);
  await reindexed(herald, 'Observation');
  const seated = new Map<string, Listener>();
  for (const one of listeners) {
    const { criteria, slot, hasPayload, settings } = one;
    const options = { settings: { ...settings }, ...(hasPayload ? {} : { payload: null }) };
    seated.set(await subscribe(herald, restHook(criteria, `${receiverUrl}/${slot}`, options)), one);
  }
  return seated;
}
