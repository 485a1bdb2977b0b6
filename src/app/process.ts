// The life of a process: configuration, start, signals, end. Exit codes: 0 stopped as asked, 1 could not start or broke, 130 stopped twice.
import os from 'node:os';
import {
  ConfigError,
  createLog,
  DataFolderInUseError,
  describeError,
  EmbeddedPostgresError,
  isTransient,
  loadConfig,
  MigrationError,
  type HeraldConfig,
  type Log,
} from '../platform';
import { SecretError } from '../subscriptions';
import { banner } from './banner';
import { startHerald, type Herald } from './herald';

const EXIT_FAILED = 1;
const EXIT_IMPATIENT = 130;
const SIGNAL_ECHO_MS_MAX = 500;

/** Runs until a signal ends it. */
export async function runProcess(): Promise<void> {
  const config = readConfig();
  if (!config) return;
  const log = createLog({ level: config.logLevel });
  surviveStrays(log);
  const stopping = stopOnSignals(log);
  let herald: Herald;
  try {
    herald = await startHerald(config, log, stopping.signal);
  } catch (error) {
    // Expected: whatever keeps a server from starting. What an operator can mend is told in a sentence, the rest with its trace.
    if (!stopping.signal.aborted) tellFailedStart(error, log);
    process.exit(stopping.signal.aborted ? 0 : EXIT_FAILED);
  }
  stopping.onStop(async () => {
    await herald.stop();
    process.exit(0);
  });
  if (stopping.signal.aborted) return;
  const { address, parts } = herald;
  // After the lines of the start, so that it is the last thing on the screen.
  await new Promise<void>((resolve) => log.flush(() => resolve()));
  process.stdout.write(banner({ config, address, dataPlace: parts.dataPlace, temporaryFolder: os.tmpdir() }));
}

function readConfig(): HeraldConfig | undefined {
  try {
    return loadConfig();
  } catch (error) {
    // Expected: settings that are wrong, unknown or unsafe; every one is named.
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_FAILED;
    return undefined;
  }
}

function tellFailedStart(error: unknown, log: Log): void {
  const isTold = [DataFolderInUseError, EmbeddedPostgresError, MigrationError, SecretError].some(
    (kind) => error instanceof kind,
  );
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const isKnown =
    isTold || isTransient(error) || ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', '28P01', '28000', '3D000'].includes(code);
  if (!isKnown) log.fatal({ error }, 'herald.start-failed');
  process.stderr.write(`Herald cannot start: ${describeError(error)}${hintFor(code)}\n`);
}

function hintFor(code: string): string {
  if (code === 'EADDRINUSE') return '\nAnother program listens there: stop it, or set PORT to a free port.';
  if (code === 'EADDRNOTAVAIL') return '\nHOST is not an address of this machine.';
  if (/^(28|3D)/.test(code) || code.startsWith('ECONN')) return '\nCheck DATABASE_URL.';
  return '';
}

/** The first SIGINT or SIGTERM stops in order; the second ends the process at once (the next start finds everything as after a crash). */
function stopOnSignals(log: Log): { readonly signal: AbortSignal; onStop(stop: () => Promise<void>): void } {
  const asked = new AbortController();
  let askedAt = 0;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // Ctrl-C reaches us twice under npm: from the terminal and passed on. An echo is no impatience.
      if (asked.signal.aborted && performance.now() - askedAt > SIGNAL_ECHO_MS_MAX) process.exit(EXIT_IMPATIENT);
      if (asked.signal.aborted) return;
      askedAt = performance.now();
      log.info({ signal: name }, 'herald.signal');
      asked.abort();
    });
  }
  return {
    signal: asked.signal,
    onStop: (stop) => {
      if (asked.signal.aborted) void stop();
      else asked.signal.addEventListener('abort', () => void stop(), { once: true });
    },
  };
}

/** A lost database may reject a promise that nobody waits for any more: no reason to end. Anything else is a bug whose reach is unknown: end, and start anew. */
function surviveStrays(log: Log): void {
  const judge = (error: unknown): void => {
    if (isTransient(error)) return log.error({ reason: describeError(error) }, 'herald.stray-error');
    log.fatal({ error }, 'herald.broken');
    process.exit(EXIT_FAILED);
  };
  process.on('unhandledRejection', judge);
  process.on('uncaughtException', judge);
}
