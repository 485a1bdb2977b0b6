// How often events of a type have a key: what decides by which of its clauses a group is filed. A sample of the events is counted, for
// the forms that criteria use; before enough were seen, and for keys never seen, what is usual for such parameters stands in.
import { isChained, type IndexedParameter, type SearchSubject } from '../../fhir';
import { ABSENT, PRESENT, type Form, type Key } from './access-keys';
import { KEYS_COUNTED_MAX, SAMPLE_EVERY, SAMPLE_FIRST, WATCHED_FORMS_MAX } from '../limits';

/** How many events the usual weighs against what was counted. */
const USUAL_WEIGHT = 8;

interface Watched {
  readonly parameter: IndexedParameter;
  readonly form: Form;
  readonly counts: Map<Key, number>;
  /** Events looked at. */
  sampled: number;
}

const rareTargets = ['Patient', 'Encounter', 'Person', 'RelatedPerson', 'EpisodeOfCare'];
const coarseCodes = new Set(['category', 'class', 'type', 'service-type', 'use']);

function usualOfToken({ definition, leafTypes }: IndexedParameter, form: Form): number {
  if (definition.code === '_id' || definition.code === 'identifier') return 1e-6;
  if (form.name === 'system|') return 0.5;
  if (leafTypes.length > 0 && leafTypes.every((type) => type === 'code' || type === 'boolean')) return 0.25;
  return coarseCodes.has(definition.code) ? 0.1 : 0.01;
}

function usualOfReference({ definition: { targets } }: IndexedParameter): number {
  return targets === undefined || targets.some((target) => rareTargets.includes(target)) ? 1e-5 : 1e-4;
}

/** Of a prefix: longer is rarer. Of a cell: wider is commoner; two years of events, say. */
function usualByLength(name: string): number | undefined {
  const [kind, length] = name.split(' ');
  if (kind === 'prefix') return Math.max(1e-4, 0.4 / 4 ** Number(length));
  if (name.includes(' of number')) return 0.02;
  return kind === 'cell' ? Math.min(0.9, 2 ** Number(length) / 2 ** 36) : undefined;
}

function usual(parameter: IndexedParameter, form: Form): number {
  if (form.isPresence) return 0.5;
  if (form.name === 'trigram') return 0.02;
  const byLength = usualByLength(form.name);
  if (byLength !== undefined) return byLength;
  switch (parameter.definition.type) {
    case 'token':
      return usualOfToken(parameter, form);
    case 'reference':
      return form.name.startsWith('identifier') ? 1e-6 : usualOfReference(parameter);
    default:
      return 1e-3;
  }
}

export class Statistics {
  private readonly watched = new Map<string, Watched>();
  private seen = 0;

  /** Counts this form's keys from now on. Beyond a limit, and never twice, it does nothing. */
  watch(parameter: IndexedParameter, form: Form): void {
    const name = nameOf(parameter, form);
    if (this.watched.has(name) || this.watched.size >= WATCHED_FORMS_MAX) return;
    this.watched.set(name, { parameter, form, counts: new Map(), sampled: 0 });
  }

  /** Every event goes through here; a sample of them is counted. */
  observe(subject: SearchSubject, baseUrl: string): void {
    this.seen += 1;
    if (this.seen > SAMPLE_FIRST && this.seen % SAMPLE_EVERY !== 0) return;
    for (const watched of this.watched.values()) {
      const { parameter, form, counts } = watched;
      // Without what it refers to nothing can be counted; whoever asks by it is told when it is matched.
      if (isChained(parameter) && !subject.canFollow) continue;
      watched.sampled += 1;
      for (const key of keysIn(subject, parameter, form, baseUrl)) {
        const known = counts.get(key);
        if (known !== undefined || counts.size < KEYS_COUNTED_MAX) counts.set(key, (known ?? 0) + 1);
      }
    }
  }

  /** The estimated part of the events of this type that have the key. */
  probability(parameter: IndexedParameter, form: Form, key: Key): number {
    const watched = this.watched.get(nameOf(parameter, form));
    const counted = watched?.counts.get(key) ?? 0;
    return (counted + usual(parameter, form) * USUAL_WEIGHT) / ((watched?.sampled ?? 0) + USUAL_WEIGHT);
  }
}

function nameOf(parameter: IndexedParameter, form: Form): string {
  return `${parameter.slot} ${form.name}`;
}

function keysIn(subject: SearchSubject, parameter: IndexedParameter, form: Form, baseUrl: string): Set<Key> {
  const { isPresent, entries } = subject.entriesOf(parameter, baseUrl);
  if (form.isPresence) return new Set([isPresent ? PRESENT : ABSENT]);
  return new Set(entries.flatMap((entry) => form.keysOf(entry) ?? []));
}
