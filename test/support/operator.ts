// What an operator does over the admin API, in a word.
import { eventually } from './deadline';
import type { Answer } from './fhir-client';
import type { Herald } from './herald';

export class Operator {
  constructor(private readonly herald: Herald) {}

  /** A command with a reason, as JSON. */
  send(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.herald.call('POST', `/admin/${path}`, {
      body: { reason: 'a test', ...body },
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** Entries of the operator log, newest first. */
  async log(query = ''): Promise<Record<string, unknown>[]> {
    return (await this.herald.get(`/admin/operator-log${query}`)).body.entries as Record<string, unknown>[];
  }

  async keyOf(subscriptionId: string): Promise<number> {
    return (await this.herald.get(`/admin/subscriptions/${subscriptionId}`)).body.subscriptionKey as number;
  }

  async deadLetters(subscriptionId: string): Promise<any[]> {
    return (await this.herald.get(`/admin/dead-letters?subscription=${subscriptionId}`)).body.deadLetters as any[];
  }

  /** Until the deliveries of a Subscription are in exactly these states. */
  async states(subscriptionId: string, expected: Record<string, number>): Promise<void> {
    const wanted = JSON.stringify(expected);
    const what = `${subscriptionId} to be ${wanted}`;
    await eventually(async () => JSON.stringify(await this.herald.statesOf(subscriptionId)) === wanted, { what });
  }

  /** Until what was sent again is in the ledger: before that, asking once more is the same wish. */
  async resendsSettled(): Promise<void> {
    const text = 'select 1 from resend where done_at is null';
    await eventually(async () => (await this.herald.database.database.query({ text, values: [] })).rowCount === 0);
  }
}
