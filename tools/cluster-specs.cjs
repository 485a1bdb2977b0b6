// Which spec files run on the cluster profile, unchanged: those that start a Herald, whichever way. What makes no sense there is named here with
// its reason; a name that does not exist fails a test (test/architecture).
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const tiers = ['component', 'conformance', 'e2e', 'examples'];
const startsHerald = /\/support\/herald(-process)?$/;
const bringsServers = /from '[^']*\/(kafka-broker|redis-server)'/;

/** Whole files, or single tests by the beginning of their name. */
const leftOut = [
  { file: 'test/e2e/start.spec.ts', why: 'starts with nothing configured, which is what the embedded profile is' },
  {
    file: 'test/component/app/retention.spec.ts',
    test: 'a day with an unmatched event stays, whole, until that is matched',
    why: 'its Herald has no relay, and what is not published stays as well (test/component/outbox/publishing.spec.ts)',
  },
];

/** What the build machine runs of the profile: a smoke; the rest is in `npm run test:cluster`. */
const smoke = ['test/conformance/', 'test/e2e/walking-path.spec.ts', 'test/e2e/order-under-failure.spec.ts'];

/** Bring servers of their own and take minutes: in `npm run test:cluster`. The chaos of the gate kills and restarts the same processes. */
const tooLongForTheGate = ['test/e2e/cluster-processes.spec.ts'];

function specsOf(folders) {
  return folders.flatMap((folder) =>
    fs
      .readdirSync(path.join(root, 'test', folder), { recursive: true })
      .map((file) => path.posix.join('test', folder, file.split(path.sep).join('/')))
      .filter((file) => file.endsWith('.spec.ts')),
  );
}

/** Whether it, or what it imports from the tests' own modules, starts a Herald. */
function isHeraldSpec(file, seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  const imports = [...fs.readFileSync(path.join(root, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, name]) =>
    path.posix.join(path.posix.dirname(file), name),
  );
  return imports.some((name) => {
    if (startsHerald.test(name)) return true;
    return name.startsWith('test/') && fs.existsSync(path.join(root, `${name}.ts`)) && isHeraldSpec(`${name}.ts`, seen);
  });
}

/** Files that bring a Kafka broker or a Redis of their own, on any profile. */
function serverSpecs(folders) {
  return specsOf(folders).filter((file) => bringsServers.test(fs.readFileSync(path.join(root, file), 'utf8')));
}

/** Those of them that the build machine runs. */
function gateServerSpecs(folders) {
  return serverSpecs(folders).filter((file) => !tooLongForTheGate.includes(file));
}

/** Files that run on the cluster profile. */
function profileSpecs() {
  const own = new Set([...serverSpecs(tiers), ...leftOut.filter(({ test }) => !test).map(({ file }) => file)]);
  return specsOf(tiers).filter((file) => !own.has(file) && isHeraldSpec(file));
}

function smokeSpecs() {
  return profileSpecs().filter((file) => smoke.some((name) => file.startsWith(name)));
}

module.exports = { leftOut, serverSpecs, gateServerSpecs, profileSpecs, smokeSpecs };
