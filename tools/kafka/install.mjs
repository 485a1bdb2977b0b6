// Fetches what a real Apache Kafka broker is made of, once per version, with Maven. Nothing of it is part of Herald: tests and
// `npm run cluster` run it where no container engine is at hand.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Tried too: 3.9.1 and 4.3.0; others may work. */
export const KAFKA_VERSION_DEFAULT = '4.1.0';

const JAVA_LEAST = 17;
const FETCH_MINUTES_MAX = 10;
const here = path.dirname(fileURLToPath(import.meta.url));
const cache = path.resolve(here, '../../node_modules/.cache/herald-kafka');

/** What keeps a broker from being started here; the message says what to do. */
export class KafkaUnavailableError extends Error {
  name = 'KafkaUnavailableError';
}

/** Why no broker can be started on this machine, or undefined when one can: Java 17, and Maven or artifacts fetched before. */
export function whyNoKafka(version = KAFKA_VERSION_DEFAULT) {
  const java = javaVersion();
  if (java === undefined)
    return 'There is no `java`: install a Java 17 runtime (Debian: apt-get install openjdk-17-jre-headless).';
  if (java < JAVA_LEAST) return `\`java\` is version ${java}; Kafka needs ${JAVA_LEAST} or newer.`;
  if (fs.existsSync(libraryOf(version))) return undefined;
  if (spawnSync('mvn', ['-v'], { stdio: 'ignore' }).status !== 0) {
    return `There is no \`mvn\` to fetch Kafka ${version} with: install Maven (Debian: apt-get install maven).`;
  }
  return undefined;
}

/** The folder with the jars of this version, fetched when it is not there yet. Safe beside others doing the same. Throws KafkaUnavailableError. */
export async function installKafka(version = KAFKA_VERSION_DEFAULT) {
  const reason = whyNoKafka(version);
  if (reason !== undefined) throw new KafkaUnavailableError(reason);
  const library = libraryOf(version);
  if (fs.existsSync(library)) return library;
  fs.mkdirSync(cache, { recursive: true });
  const fresh = fs.mkdtempSync(path.join(cache, 'fetching-'));
  try {
    await fetchJars(version, fresh);
    fs.renameSync(fresh, library);
  } catch (error) {
    // Expected: somebody else was faster, or Maven could not reach its repository.
    if (!fs.existsSync(library)) throw error;
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
  return library;
}

function libraryOf(version) {
  return path.join(cache, version);
}

/** The major version of `java`, or undefined without one. */
function javaVersion() {
  const { status, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const found = status === 0 && /version "(\d+)/.exec(stderr);
  return found ? Number(found[1]) : undefined;
}

async function fetchJars(version, target) {
  const pom = path.join(here, 'pom.xml');
  const goal = [
    'dependency:copy-dependencies',
    `-DoutputDirectory=${target}`,
    '-DincludeScope=runtime',
    '-DexcludeArtifactIds=slf4j-reload4j',
  ];
  const mvn = spawn('mvn', ['-q', '-B', '-f', pom, `-Dkafka.version=${version}`, ...goal], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  mvn.stdout.on('data', (chunk) => (said += chunk));
  mvn.stderr.on('data', (chunk) => (said += chunk));
  const patience = setTimeout(() => mvn.kill('SIGKILL'), FETCH_MINUTES_MAX * 60_000);
  const code = await new Promise((resolve) => mvn.once('close', resolve));
  clearTimeout(patience);
  if (code !== 0) throw new KafkaUnavailableError(`Maven could not fetch Kafka ${version}:\n${said.slice(-2000)}`);
}
