// Clients that write, each on its own and one thing after another: hot patients that all of them share, cold resources nobody touches twice,
// moves from patient to patient, deletes, Bundles. They write down what was answered as committed.
import { SystemClock } from '../../src/platform';
import type { Answer } from '../support/fhir-client';
import type { Dice } from './dice';
import type { Fleet } from './fleet';

const clock = new SystemClock();
const answerMs = 4_000;
const afterFailureMs = 100;
const hotPatients = 3;
const ownPatients = 4;
const ownObservations = 4;
const poisonShare = 0.02;

export interface Acknowledged {
  /** `Type/id/version`. */
  readonly name: string;
  readonly writer: number;
  readonly at: number;
  /** False when nothing may have been written now: a delete of what was deleted is answered with the version that is there. */
  readonly isNew: boolean;
}

export interface WriterCounts {
  answered: number;
  /** Nobody knows whether these were committed. */
  unanswered: number;
  refused: number;
}

export class Writer {
  readonly acknowledged: Acknowledged[] = [];
  readonly counts: WriterCounts = { answered: 0, unanswered: 0, refused: 0 };
  private serial = 0;

  constructor(
    private readonly number: number,
    private readonly fleet: Fleet,
    private readonly dice: Dice,
    private readonly pauseMs: readonly [number, number],
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isAnswered = await this.writeOne();
      await clock.sleep(isAnswered ? this.dice.between(...this.pauseMs) : afterFailureMs, signal);
    }
  }

  private async writeOne(): Promise<boolean> {
    const [method, path, body] = this.request();
    const herald = this.fleet.any(this.dice);
    // Expected: refused, reset or silent, as a killed or frozen server is. Whether it was committed nobody knows.
    const answer = await herald?.call(method, path, { body, timeoutMs: answerMs }).catch(() => undefined);
    if (answer === undefined || answer.status >= 500) {
      this.counts.unanswered += 1;
      return false;
    }
    if (answer.status >= 400) {
      this.counts.refused += 1;
      if (answer.status !== 429 && answer.status !== 409)
        throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return false;
    }
    this.counts.answered += 1;
    this.note(answer, path, method !== 'DELETE');
    return true;
  }

  private request(): [method: string, path: string, body?: unknown] {
    const what = this.dice.weighted({ hot: 30, own: 18, observation: 24, cold: 10, delete: 8, bundle: 10 });
    switch (what) {
      case 'hot':
        return this.put(this.patient(`hot-${this.dice.below(hotPatients)}`));
      case 'own':
        return this.put(this.patient(this.ownPatient()));
      case 'observation':
        return this.put(this.observation());
      case 'cold':
        return ['POST', 'Observation', { ...this.observation(), id: undefined }];
      case 'delete':
        return [
          'DELETE',
          this.dice.chance(0.3) ? `Patient/${this.ownPatient()}` : `Observation/${this.ownObservation()}`,
        ];
      case 'bundle':
        return ['POST', '', this.bundle()];
    }
  }

  private put(resource: { resourceType: string; id: string }): [string, string, unknown] {
    return ['PUT', `${resource.resourceType}/${resource.id}`, resource];
  }

  /** Several patients of its own and perhaps a hot one, an observation, and sometimes a delete; none of them twice. */
  private bundle(): unknown {
    const resources = new Map<string, { resourceType: string; id: string }>();
    for (let n = 1 + this.dice.below(3); n > 0; n -= 1) {
      const id = this.dice.chance(0.4) ? `hot-${this.dice.below(hotPatients)}` : this.ownPatient();
      resources.set(`Patient/${id}`, this.patient(id));
    }
    const observation = this.observation();
    resources.set(`Observation/${observation.id}`, observation);
    const entry: unknown[] = [...resources].map(([url, resource]) => ({ resource, request: { method: 'PUT', url } }));
    const gone = `Observation/${this.ownObservation()}`;
    if (this.dice.chance(0.3) && !resources.has(gone)) entry.push({ request: { method: 'DELETE', url: gone } });
    return { resourceType: 'Bundle', type: 'transaction', entry };
  }

  private patient(id: string): { resourceType: string; id: string } {
    this.serial += 1;
    const name = [
      { family: this.dice.chance(poisonShare) ? 'Poison' : `Writer ${this.number}`, given: [`${this.serial}`] },
    ];
    return { resourceType: 'Patient', id, active: this.dice.chance(0.25), name } as {
      resourceType: string;
      id: string;
    };
  }

  private observation(): { resourceType: string; id: string } {
    this.serial += 1;
    const subject = this.dice.chance(0.3) ? `hot-${this.dice.below(hotPatients)}` : this.ownPatient();
    return {
      resourceType: 'Observation',
      id: this.ownObservation(),
      status: this.dice.chance(0.5) ? 'final' : 'preliminary',
      code: { text: `measured ${this.serial} by ${this.number}` },
      subject: { reference: `Patient/${subject}` },
    } as { resourceType: string; id: string };
  }

  private ownPatient(): string {
    return `w${this.number}-p${this.dice.below(ownPatients)}`;
  }

  private ownObservation(): string {
    return `w${this.number}-o${this.dice.below(ownObservations)}`;
  }

  private note({ headers, body }: Answer, path: string, isNew: boolean): void {
    const at = performance.timeOrigin + performance.now();
    const add = (place: string | undefined, etag: string | undefined): void => {
      const name = /([A-Z]\w+\/[^/]+)(?:\/_history\/\d+)?$/.exec(place ?? '')?.[1];
      const version = /"(\d+)"/.exec(etag ?? '')?.[1];
      if (name && version) this.acknowledged.push({ name: `${name}/${version}`, writer: this.number, at, isNew });
    };
    if (body?.resourceType !== 'Bundle') return add(headers['location'] ?? path, headers['etag']);
    for (const { response } of body.entry as { response: { location?: string; etag?: string } }[])
      add(response.location, response.etag);
  }
}
