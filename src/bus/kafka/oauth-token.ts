// The bearer token for brokers: asked from a token endpoint with client credentials, kept for most of its life.
// https://www.rfc-editor.org/rfc/rfc6749#section-4.4
import { EgressClient, type Clock, type KafkaSasl } from '../../platform';
import { CONNECT_MS_MAX, TOKEN_BYTES_MAX, TOKEN_LIFE_USED, TOKEN_MS_MAX } from '../limits';

type OauthSettings = Extract<KafkaSasl, { mechanism: 'oauthbearer' }>;

export class OauthToken {
  private readonly egress: EgressClient;
  private held?: { readonly value: string; readonly goodUntilMs: number };

  constructor(
    private readonly settings: OauthSettings,
    private readonly clock: Clock,
  ) {
    // The operator named this one host: it may be in his own network. Plain http was refused elsewhere than on this machine.
    const host = new URL(settings.tokenUrl).hostname.replace(/^\[|\]$/g, '');
    this.egress = new EgressClient({
      allowPrivate: [host],
      allowHttp: [host],
      connectTimeoutMs: CONNECT_MS_MAX,
      connectionsPerOrigin: 1,
      responseBytesMax: TOKEN_BYTES_MAX,
    });
  }

  /** A token that is still good. Throws when none can be had; the message carries no secret. */
  async value(): Promise<string> {
    if (this.held && this.clock.monotonicMs() < this.held.goodUntilMs) return this.held.value;
    const { value, lifeMs } = await this.ask();
    this.held = { value, goodUntilMs: this.clock.monotonicMs() + lifeMs * TOKEN_LIFE_USED };
    return value;
  }

  private async ask(): Promise<{ value: string; lifeMs: number }> {
    const { tokenUrl, clientId, clientSecret, scope } = this.settings;
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) });
    const basic = [clientId, clientSecret].map(encodeURIComponent).join(':');
    const result = await this.egress.request({
      method: 'POST',
      url: tokenUrl,
      headers: [
        ['Authorization', `Basic ${Buffer.from(basic).toString('base64')}`],
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Accept', 'application/json'],
      ],
      body: Buffer.from(form.toString()),
      deadlineMs: TOKEN_MS_MAX,
    });
    if (result.kind === 'failed') throw new Error(`The token endpoint could not be reached: ${result.reason}`);
    const answer = result.status === 200 ? tokenIn(result.body) : undefined;
    if (answer === undefined) throw new Error(`The token endpoint answered ${result.status} without an access_token`);
    return answer;
  }
}

function tokenIn(body: Buffer): { value: string; lifeMs: number } | undefined {
  try {
    const { access_token: value, expires_in: seconds } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    if (typeof value !== 'string') return undefined;
    // Without a word on its life it is asked for each time.
    return { value, lifeMs: typeof seconds === 'number' ? seconds * 1000 : 0 };
  } catch {
    // Expected: a page of HTML from something in between.
    return undefined;
  }
}
