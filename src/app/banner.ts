// What a newcomer sees first: where everything is, what is open, and one line to try.
import type { HeraldConfig } from '../platform';
import { originOf } from './own-origins';

export interface BannerFacts {
  readonly config: HeraldConfig;
  readonly address: { readonly host: string; readonly port: number };
  readonly dataPlace: string;
  readonly temporaryFolder: string;
}

/** The text, ending in a newline. */
export function banner({ config, address, dataPlace, temporaryFolder }: BannerFacts): string {
  const origin = originOf(config.host === 'localhost' ? 'localhost' : address.host, address.port);
  const base = config.http.publicBaseUrl ?? `${origin}/fhir`;
  const hasApi = config.roles.has('api');
  const lines: (readonly [string, string] | undefined)[] = [
    hasApi ? ['FHIR base', `${base} (R4, JSON)`] : undefined,
    ['Health', `${origin}/health/ready`],
    ['Metrics', `${origin}/metrics`],
    hasApi ? ['Admin', `${origin}/admin/subscriptions`] : undefined,
    ['Profile', profileLine(config)],
    ['Data', dataPlace],
    ['Access', accessLine(config)],
    ['Endpoints', endpointsLine(config)],
    hasApi ? ['Try', tryLine(config, base)] : undefined,
  ];
  const shown = lines.filter((line) => line !== undefined).map(([name, text]) => `  ${name.padEnd(10)} ${text}`);
  const warnings = [
    ...(isInside(dataPlace, temporaryFolder)
      ? ['', '  The data folder is in a temporary folder: the system may delete it. Set HERALD_DATA to another.']
      : []),
    ...(config.testing.isTestMode
      ? ['', `  TEST MODE: not for data that matter. Failpoints: ${failpointsLine(config)}.`]
      : []),
  ];
  return ['', '  Herald is ready.', '', ...shown, ...warnings, '', ''].join('\n');
}

function profileLine(config: HeraldConfig): string {
  const database = config.databaseUrl === undefined ? 'embedded PostgreSQL' : 'your PostgreSQL';
  return `${config.profile} (${database}, roles: ${[...config.roles].join(', ')})`;
}

function accessLine(config: HeraldConfig): string {
  if (config.tokens.length > 0) return `bearer tokens of ${config.tokens.map(({ name }) => name).join(', ')}`;
  return config.allowUnauthenticated
    ? 'open to everybody who reaches it (HERALD_ALLOW_UNAUTHENTICATED)'
    : 'open, on this machine only';
}

function endpointsLine(config: HeraldConfig): string {
  const { allowPrivate, allowHttp } = config.egress;
  const hasLoopback = allowPrivate.includes('127.0.0.0/8');
  const others = allowPrivate.filter((entry) => !['127.0.0.0/8', '::1/128', 'localhost'].includes(entry));
  const allowed = [...(hasLoopback ? ['loopback'] : []), ...others];
  const networks = allowed.length === 0 ? 'public addresses only' : `public addresses and ${allowed.join(', ')}`;
  const plain = allowHttp.includes('*') ? 'http allowed everywhere' : 'https elsewhere than on allowed hosts';
  return `${networks}; ${plain}`;
}

function tryLine(config: HeraldConfig, base: string): string {
  const token = config.tokens.length > 0 ? `-H 'Authorization: Bearer …' ` : '';
  return `curl -i ${token}-H 'Content-Type: application/fhir+json' -d '{"resourceType":"Patient","active":true}' ${base}/Patient`;
}

function failpointsLine(config: HeraldConfig): string {
  return config.testing.failpoints.map(({ name, action }) => `${name} (${action.kind})`).join(', ') || 'none';
}

function isInside(place: string, folder: string): boolean {
  return place.startsWith(`${folder}/`);
}
