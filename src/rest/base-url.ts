// Under which URL a client reaches the FHIR base: the configured public one, else the host it named, else our own address.
import type { HeraldConfig } from '../platform';

export const BASE_PATH = '/fhir';

/** A Host header that may stand in our links. */
const hostSyntax = /^(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** @param host the request's Host header. Out: without a trailing slash */
export function ownBaseUrl(config: Pick<HeraldConfig, 'http' | 'host' | 'port'>, host: string | undefined): string {
  const { http, host: own, port } = config;
  if (http.publicBaseUrl !== undefined) return http.publicBaseUrl.replace(/\/+$/, '');
  if (host !== undefined && hostSyntax.test(host)) return `http://${host}${BASE_PATH}`;
  return `http://${own.includes(':') ? `[${own}]` : own}:${port}${BASE_PATH}`;
}
