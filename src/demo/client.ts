// What the demo asks of Herald over HTTP, as any client would.
import { setTimeout as pause } from 'node:timers/promises';
import { CHAPTER_MS_MAX, LOOK_EVERY_MS } from './limits';

export interface Resource {
  resourceType: string;
  id?: string;
  [element: string]: unknown;
}

export class Client {
  constructor(private readonly url: string) {}

  /** Sends a request to the FHIR base. Throws with the server's words when it is refused. */
  async fhir(method: string, path: string, body?: unknown): Promise<Resource> {
    const response = await fetch(`${this.url}/fhir${path ? `/${path}` : ''}`, {
      method,
      headers: { 'content-type': 'application/fhir+json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Resource;
  }

  /** Asks until the answer is there; undefined when it is not within the time of a chapter. */
  async until<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
    const end = performance.now() + CHAPTER_MS_MAX;
    while (performance.now() < end) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await pause(LOOK_EVERY_MS);
    }
    return undefined;
  }

  /** Waits until the Subscription has the status; undefined when it does not get there. */
  status(id: string, status: string): Promise<Resource | undefined> {
    return this.until(async () => {
      const subscription = await this.fhir('GET', `Subscription/${id}`);
      return subscription['status'] === status ? subscription : undefined;
    });
  }

  async total(search: string): Promise<number> {
    return Number((await this.fhir('GET', search))['total']);
  }
}
