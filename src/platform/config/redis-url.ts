// The address of a Redis: redis://user:password@host:port/database.
import { Wrong, type Kind } from './kinds';

const MUST_BE =
  'like redis://user:password@host:6379/0 (rediss for TLS), special characters of the password percent-encoded';

/** A complaint never repeats the address: a password may stand in it. */
export const redisUrl: Kind<string> = {
  unit: 'URL (redis, rediss)',
  read: (given) => (isRedisUrl(given) ? given : new Wrong(MUST_BE)),
};

function isRedisUrl(given: string): boolean {
  if (!URL.canParse(given)) return false;
  const { protocol, hostname, pathname, username, password, search, hash } = new URL(given);
  const isKnown = ['redis:', 'rediss:'].includes(protocol) && hostname !== '' && search === '' && hash === '';
  return isKnown && /^(\/\d{0,4})?$/.test(pathname) && isDecodable(username) && isDecodable(password);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // Expected: a percent sign that begins no code.
    return false;
  }
}
