// Turns architecture.mjs into rules, so that a wrong import fails `npm run check`. Type-only imports count like any other.
import { driverHomes, pureRooms, roots, rooms } from './architecture.mjs';

const specs = '\\.spec\\.ts$';
const inRoom = (name) => `^src/${name}/`;
const anyOf = (names) => `^src/(${names.join('|')})(/|$)`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const allowedImports = Object.entries(rooms).map(([room, allowed]) =>
  rule(
    `room-${room}`,
    `${room} may import ${allowed.length ? allowed.join(', ') : 'no other room'} (architecture.mjs). Turn the import round: offer a contract here, let the higher room plug in.`,
    { path: inRoom(room) },
    { path: '^src/', pathNot: anyOf([room, ...allowed]) },
  ),
);

const drivers = Object.entries(driverHomes).map(([driver, homes]) =>
  rule(
    `driver-${driver}`,
    `${driver} has one home (${homes.join(' or ')}): go through that room's door.`,
    { path: '^src/', pathNot: homes },
    { path: `(^|/)node_modules/(@types/)?${driver}/` },
  ),
);

const nestFile = '\\.(module|controller|service|worker|guard|filter|interceptor)\\.ts$';
const nodeInput =
  'fs|net|http|https|http2|dns|tls|dgram|child_process|cluster|worker_threads|os|process|readline|inspector';

export default {
  forbidden: [
    ...allowedImports,
    ...drivers,
    rule(
      'through-the-door',
      "Across rooms only through the other room's index.ts, type imports included: export it there, or do without.",
      { path: '^src/([^/]+)/', pathNot: '^src/app/' },
      { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    ),
    rule(
      'app-through-the-door',
      'The composition root builds rooms from what their doors offer.',
      { path: ['^src/app/', '^src/main\\.ts$'] },
      { path: '^src/[^/]+/', pathNot: ['^src/app/', '^src/[^/]+/index\\.ts$'] },
    ),
    rule(
      'every-file-has-a-room',
      'Name the room in architecture.mjs, or move the file.',
      {},
      {
        path: '^src/',
        pathNot: [anyOf([...Object.keys(rooms), ...roots.filter((root) => !root.endsWith('.ts'))]), '^src/main\\.ts$'],
      },
    ),
    rule(
      'nobody-imports-the-roots',
      'app, demo and main.ts are the top: nothing imports them.',
      {
        path: '^src/',
        pathNot: anyOf(['app', 'demo', 'main\\.ts']),
      },
      { path: anyOf(['app', 'demo', 'main\\.ts']) },
    ),
    rule('no-circles', 'Move what both need into a third file below them.', { path: '^src/' }, { circular: true }),
    rule(
      'no-orphans',
      'Nobody imports this file and it imports nothing: use it or delete it.',
      { orphan: true, path: '^src/', pathNot: ['\\.d\\.ts$', '^src/main\\.ts$', specs] },
      {},
    ),
    rule(
      'pure-rooms-no-io',
      'This room is the language only: plain functions of plain data, no Node I/O.',
      { path: anyOf(pureRooms), pathNot: specs },
      { dependencyTypes: ['core'], path: `^(node:)?(${nodeInput})($|/)` },
    ),
    rule(
      'pure-rooms-no-framework',
      'This room is the language only: no framework, no driver.',
      { path: anyOf(pureRooms), pathNot: specs },
      { dependencyTypes: ['npm', 'npm-dev', 'npm-optional'], pathNot: 'node_modules/(fhirpath|@lhncbc/ucum-lhc)/' },
    ),
    rule(
      'nest-only-at-the-edges',
      'Nest belongs to files with a Nest suffix, app/ and main.ts: build the class in the module, keep it plain.',
      { path: '^src/', pathNot: [nestFile, '^src/app/', '^src/main\\.ts$'] },
      { path: 'node_modules/@nestjs/' },
    ),
    rule(
      'product-imports-no-test',
      'What the product needs lives in src/.',
      { path: '^src/', pathNot: specs },
      {
        path: ['^test/', specs],
      },
    ),
    rule(
      'no-dev-dependency',
      'Move it to dependencies, or do without.',
      { path: '^src/', pathNot: specs },
      {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    ),
    rule('resolvable', 'This import leads nowhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '\\.json$' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
