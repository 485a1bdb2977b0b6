// How we connect to Redis: bounded waits, bounded reconnects, nothing kept in memory for a server that is away.
import {
  REDIS_COMMAND_TIMEOUT_MS,
  REDIS_CONNECT_TIMEOUT_MS,
  REDIS_KEEP_ALIVE_MS,
  REDIS_RECONNECT_MS_MAX,
  REDIS_RECONNECT_MS_MIN,
  REDIS_SILENCE_MS,
} from '../../limits';

/**
 * What every connection has; no `socketTimeout`: ioredis 5.11 forgets to clear it with the line, and it then cuts the next one.
 * `url`: redis:// or rediss:// (TLS) with user, password, host, port and database number, as configuration has checked.
 */
function redisOptions(url: string) {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || 6379,
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
    db: Number(pathname.slice(1)) || 0,
    tls: protocol === 'rediss:' ? {} : undefined,
    connectTimeout: REDIS_CONNECT_TIMEOUT_MS,
    keepAlive: REDIS_KEEP_ALIVE_MS,
    retryStrategy: reconnectAfterMs,
  };
}

/** For who waits for work, as long as it takes. A command that is not answered for longer than any wait for work stands on a cut line. */
export function patientOptions(url: string) {
  return { ...redisOptions(url), maxRetriesPerRequest: null, commandTimeout: REDIS_SILENCE_MS };
}

/** For who must never wait: what cannot be sent now fails now, and what was sent is not sent again. */
export function hastyOptions(url: string) {
  return {
    ...redisOptions(url),
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: REDIS_COMMAND_TIMEOUT_MS,
  };
}

/** Milliseconds before the n-th try to connect again, n from 1: doubled each time up to a bound, without end. */
export function reconnectAfterMs(tries: number): number {
  return Math.min(REDIS_RECONNECT_MS_MIN * 2 ** Math.min(tries - 1, 20), REDIS_RECONNECT_MS_MAX);
}
