// Names what went wrong in an exchange: the phase decides the error class of a delivery attempt.
export type FailurePhase =
  'policy' | 'url' | 'resolve' | 'connect' | 'tls' | 'reset' | 'protocol' | 'timeout' | 'aborted' | 'ours';

/** Thrown by the guarded connector: the address behind the name is not allowed. */
export class RefusedAddressError extends Error {
  override name = 'RefusedAddressError';
  readonly code = 'HERALD_REFUSED_ADDRESS';
}

const CONNECT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'ETIMEDOUT',
  'EACCES',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const RESET = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED']);
const RESOLVE = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'ENODATA',
  'ESERVFAIL',
  'ETIMEOUT',
  'EBADNAME',
]);
const OURS = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRINUSE']);
const TLS =
  /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|EPROTO)/;

/** The phase and a one-line reason (no URL path, no header, no body) of an error before or during an exchange. `isConnected`: the request was being sent. */
export function describeFailure(error: unknown, isConnected: boolean): { phase: FailurePhase; reason: string } {
  const cause = innermost(error);
  const code = cause.code ?? '';
  return { phase: phaseOf(code, cause.message, isConnected), reason: reasonOf(code, cause.message) };
}

function phaseOf(code: string, message: string, isConnected: boolean): FailurePhase {
  if (code === 'HERALD_REFUSED_ADDRESS') return 'policy';
  if (OURS.has(code)) return 'ours';
  if (RESOLVE.has(code)) return 'resolve';
  if (TLS.test(code) || message.includes('before secure TLS connection')) return 'tls';
  if (CONNECT.has(code)) return 'connect';
  if (RESET.has(code)) return isConnected ? 'reset' : 'connect';
  if (/^(HPE_|UND_ERR_)/.test(code) || message.includes('HTTP/1.1 protocol')) return 'protocol';
  return 'ours';
}

function reasonOf(code: string, message: string): string {
  const line = message.replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, 300);
  return code === '' || line.includes(code) ? line : `${line} (${code})`;
}

interface CodedError {
  message: string;
  code?: string;
}

/** Of several addresses tried, the first failure tells most. */
function innermost(error: unknown): CodedError {
  const { errors, cause } = (error ?? {}) as { errors?: unknown[]; cause?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return innermost(errors[0]);
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code !== 'string' && cause !== undefined) return innermost(cause);
  return {
    message: typeof message === 'string' ? message : String(error),
    code: typeof code === 'string' ? code : undefined,
  };
}
