// Which headers of a Subscription may be sent: nothing that frames the message, belongs to the connection, or passes for someone else. They are
// refused when it is saved; this is the second lock, at the door itself, for what was stored before a rule existed.
import { OWN_HEADER_PREFIX } from '../../notifications';
import { HEADER_NAME_LENGTH_MAX, HEADER_VALUE_LENGTH_MAX } from '../limits';

const REFUSED: ReadonlySet<string> = new Set([
  ...['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'te', 'trailer', 'connection'],
  ...[
    'keep-alive',
    'upgrade',
    'expect',
    'accept-encoding',
    'cookie',
    'forwarded',
    'via',
    'x-real-ip',
    'http2-settings',
  ],
  ...['traceparent', 'tracestate', 'baggage', 'signature', 'signature-input', 'x-signature', 'metadata-flavor'],
]);
const REFUSED_PREFIXES = [OWN_HEADER_PREFIX, 'proxy-', 'x-forwarded-', 'webhook-', 'x-amz-', 'x-goog-', 'x-aws-ec2-'];
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What is wrong with a header, as the end of a sentence; undefined when it may be sent. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!TOKEN.test(name)) return 'has a name that is not a legal HTTP header name';
  if (name.length > HEADER_NAME_LENGTH_MAX) return `has a name longer than ${HEADER_NAME_LENGTH_MAX} characters`;
  const lower = name.toLowerCase();
  if (REFUSED.has(lower) || REFUSED_PREFIXES.some((prefix) => lower.startsWith(prefix))) {
    return `sets ${name}, which belongs to Herald or to the connection`;
  }
  if (value.length > HEADER_VALUE_LENGTH_MAX) return `has a value longer than ${HEADER_VALUE_LENGTH_MAX} characters`;
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
    return 'has a value with a line break or another control character';
  if (/[^\u0000-\u00ff]/.test(value)) return 'has a value outside Latin-1; encode it first';
  return undefined;
}
