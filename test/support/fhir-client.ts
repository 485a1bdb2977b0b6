// What a client of Herald does over HTTP, in a word: post, put, get, del. Never throws for a status: the test judges it.
import { Agent, request } from 'undici';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
  /** The parsed body, or undefined when there is none or it is no JSON. */
  body: any;
}

export interface CallOptions {
  headers?: Record<string, string>;
  /** Sent as it is; an object is written as JSON. */
  body?: unknown;
  timeoutMs?: number;
}

const fhirJson = 'application/fhir+json';

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not every answer is JSON (metrics, an empty 204).
  }
}

function asText(body: unknown): string | Buffer | undefined {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

export class FhirClient {
  private readonly agent = new Agent({ connections: 64 });

  constructor(
    readonly url: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  get fhirUrl(): string {
    return `${this.url}/fhir`;
  }

  get adminUrl(): string {
    return `${this.url}/admin`;
  }

  /** `path` is relative to the FHIR base, or absolute from the root when it begins with a slash. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const target = path.startsWith('/') ? `${this.url}${path}` : path ? `${this.fhirUrl}/${path}` : this.fhirUrl;
    const body = asText(options.body);
    const contentType: Record<string, string> = body === undefined ? {} : { 'content-type': fhirJson };
    const response = await request(target, {
      method: method as 'GET',
      dispatcher: this.agent,
      headers: { ...contentType, ...this.headers, ...options.headers },
      body,
      signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
    });
    const text = await response.body.text();
    const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
    return {
      status: response.statusCode,
      headers: Object.fromEntries(headers) as Record<string, string>,
      text,
      body: parsed(text),
    };
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.call('GET', path, { headers });
  }

  /** Creates a resource by its type, or posts a Bundle to the base when the path is left out. */
  post(resource: { resourceType: string }, path?: string, headers?: Record<string, string>): Promise<Answer> {
    return this.call('POST', path ?? (resource.resourceType === 'Bundle' ? '' : resource.resourceType), {
      body: resource,
      headers,
    });
  }

  put(resource: { resourceType: string; id: string }, headers?: Record<string, string>): Promise<Answer> {
    return this.call('PUT', `${resource.resourceType}/${resource.id}`, { body: resource, headers });
  }

  del(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.call('DELETE', path, { headers });
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}
