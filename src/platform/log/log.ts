// Structured logs: one JSON line per past fact. Never a body, never a secret.
import pino from 'pino';

export type Log = pino.Logger;

/** Names whose values are cut from every line, should one slip in: a net under the rule that secrets are not logged. */
const SECRET_NAMES = ['authorization', 'Authorization', 'password', 'token', 'secret', 'secretKey', 'headers'];

/**
 * A logger of JSON lines with ISO times. `level` is a pino level (trace … fatal, silent); `destination` defaults to standard output.
 */
export function createLog(options: { level: string; destination?: pino.DestinationStream }): Log {
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`]), censor: '[masked]' },
    serializers: { error: pino.stdSerializers.err },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
