// What a database error means for the caller: try the transaction again, try again later, or give up.

// Class 08: connection; 57P01–57P05: shutting down, crashed, starting up, dropped; class 53: too many connections, no memory, no locks, a full
// disk; 25P03 and 57P05: idle session ended. 57014 (cancelled, statement timeout) is not here: it says something about the statement.
const TRANSIENT_STATES = /^(08...|53...|57P0[1-5]|25P03)$/;
const TRANSIENT_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
const TRANSIENT_TEXT =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|Cannot use a pool after calling end)/;

/** True when the database was lost, is restarting or is full: the same call may succeed later. */
export function isTransient(error: unknown): boolean {
  if (!isError(error)) return false;
  const { errors } = error as { errors?: unknown[] };
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isTransient);
  const code = codeOf(error);
  if (code !== undefined && (TRANSIENT_STATES.test(code) || TRANSIENT_SYSTEM.has(code))) return true;
  return TRANSIENT_TEXT.test(error.message);
}

/** True after a deadlock or a serialization failure: the transaction was rolled back and may be repeated at once. */
export function isRepeatable(error: unknown): boolean {
  const code = isError(error) ? codeOf(error) : undefined;
  return code === '40P01' || code === '40001';
}

/** True when a lock was not to be had within lock_timeout: somebody else's transaction takes longer. */
export function isLockTimeout(error: unknown): boolean {
  return isError(error) && codeOf(error) === '55P03';
}

/** The name of the check constraint that a row broke; undefined for any other error. */
export function brokenConstraint(error: unknown): string | undefined {
  if (!isError(error) || codeOf(error) !== '23514') return undefined;
  const { constraint } = error as { constraint?: unknown };
  return typeof constraint === 'string' ? constraint : undefined;
}

/** The message and code of an error in one line, without values of rows. */
export function describeError(error: unknown): string {
  if (!isError(error)) return String(error);
  const code = codeOf(error);
  return code === undefined ? error.message : `${error.message} (${code})`;
}

// By shape: errors of Node's own modules come from another realm inside test runners, where `instanceof` answers false.
function isError(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && typeof (error as Error).message === 'string';
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
