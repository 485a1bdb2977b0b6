// The little of Fastify that this room touches, as types of our own: nothing else depends on the framework's shapes.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** What is known of a request from its first byte to its log line. */
export interface RequestLife {
  readonly requestId: string;
  readonly startedAtMs: number;
  caller?: string;
  interaction?: string;
  type?: string;
  id?: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly raw: IncomingMessage;
  life: RequestLife | undefined;
}

export interface HttpReply {
  readonly statusCode: number;
  readonly sent: boolean;
  readonly raw: ServerResponse;
  code(status: number): HttpReply;
  header(name: string, value: string): HttpReply;
  send(body?: string): HttpReply;
}

export type Done = (error?: Error | null, body?: unknown) => void;

export interface HttpServer {
  decorateRequest(name: 'life', value: undefined): unknown;
  addHook(
    name: 'onRequest' | 'onResponse',
    hook: (request: HttpRequest, reply: HttpReply, done: Done) => void,
  ): unknown;
  removeAllContentTypeParsers(): void;
  addContentTypeParser(type: '*', parser: (request: HttpRequest, body: IncomingMessage, done: Done) => void): unknown;
}

/** The part of a request target before the question mark. */
export function pathOf(url: string): string {
  const question = url.indexOf('?');
  return question < 0 ? url : url.slice(0, question);
}

/** The part of a request target after the question mark, empty when there is none. */
export function queryOf(url: string): string {
  const question = url.indexOf('?');
  return question < 0 ? '' : url.slice(question + 1);
}
