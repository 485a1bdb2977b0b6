// Lint that pays: floating promises, exhaustive switches, size limits, and a short ban list whose messages name the
// replacement. Formatting belongs to prettier, room rules to dependency-cruiser, house facts to test/architecture.
import tseslint from 'typescript-eslint';

const ban = (selector, message) => ({ selector, message });
const member = (object, property) => `MemberExpression[object.name='${object}'][property.name='${property}']`;

const banned = {
  clock: [
    ban(member('Date', 'now'), 'Take the time from Clock (platform/clock), which tests can replace.'),
    ban("NewExpression[callee.name='Date'][arguments.length=0]", 'Take the time from Clock: clock.now().'),
    ban("CallExpression[callee.name='Date']", 'Take the time from Clock: clock.now().'),
  ],
  environment: [
    ban(member('process', 'env'), 'Only platform/config reads the environment: take a slice of HeraldConfig.'),
  ],
  nest: [
    ban("Identifier[name='forwardRef']", 'No circles: import from below, or let the lower room offer a contract.'),
    ban("ImportSpecifier[imported.name='Scope']", 'No request scope: context is an argument.'),
    ban("Identifier[name='ModuleRef']", 'No service location: take the dependency in the constructor.'),
    ban(
      "Decorator[expression.callee.name='Inject'] > CallExpression > Literal",
      'No string tokens: an abstract class is type and token in one.',
    ),
  ],
  global: [ban("Decorator[expression.callee.name='Global']", '@Global belongs to platform only: import the module.')],
  version: [
    ban(
      "BinaryExpression[operator=/^[!=]==?$/] > .left[name='fhirVersion'], BinaryExpression[operator=/^[!=]==?$/] > .left[property.name='fhirVersion']",
      'No version branches: put the difference as data under fhir/versions.',
    ),
  ],
  enums: [ban('TSEnumDeclaration', 'Use a union of string literals, spelled as FHIR spells it.')],
  mocks: [
    ban(
      "CallExpression[callee.object.name='jest'][callee.property.name=/^(mock|doMock|unstable_mockModule|setMock)$/]",
      'No module mocks: use a real part (embedded bus, FakeClock, SubscriberStub) or pass the dependency.',
    ),
  ],
  sleeps: [
    ban(
      "NewExpression[callee.name='Promise'] CallExpression[callee.name='setTimeout']",
      'No sleeps: await a signal with a deadline (settled(), received(n), eventually()).',
    ),
  ],
};

const everywhere = [...banned.nest, ...banned.version, ...banned.enums, ...banned.mocks];
const restricted = (...groups) => ({ 'no-restricted-syntax': ['error', ...everywhere, ...groups.flat()] });

const sizes = {
  'max-lines': ['error', { max: 300 }],
  'max-lines-per-function': ['error', { max: 60, IIFEs: true }],
  'max-depth': ['error', 3],
  'max-params': 'off',
  '@typescript-eslint/max-params': ['error', { max: 5 }],
};

const relaxedForTests = Object.fromEntries(
  ['assignment', 'member-access', 'call', 'return', 'argument'].map((what) => [
    `@typescript-eslint/no-unsafe-${what}`,
    'off',
  ]),
);

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.herald/', 'coverage/', 'test/fixtures/', 'test/bench/results/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...sizes,
      ...restricted(banned.clock, banned.environment, banned.global),
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/consistent-type-imports': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
    },
  },
  { files: ['src/platform/clock/**/*.ts'], rules: restricted(banned.environment, banned.global) },
  { files: ['src/platform/config/**/*.ts'], rules: restricted(banned.clock, banned.global) },
  {
    files: ['src/platform/**/*.ts'],
    ignores: ['src/platform/{clock,config}/**'],
    rules: restricted(banned.clock, banned.environment),
  },
  {
    files: ['src/fhir/versions/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...banned.nest,
        ...banned.enums,
        ...banned.mocks,
        ...banned.clock,
        ...banned.environment,
      ],
    },
  },
  // The process entries hand the environment to platform/config and talk to the person who started them.
  {
    files: ['src/main.ts', 'src/demo/**/*.ts'],
    rules: { ...restricted(banned.clock, banned.global), 'no-console': 'off' },
  },
  {
    files: ['src/**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      ...relaxedForTests,
      ...restricted(banned.sleeps),
      // A describe block is a table of contents, not a function to keep short; so is a table of cases.
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
    },
  },
  // What tests and benchmarks are built on: the one place that may wait by the clock.
  { files: ['test/support/**/*.ts', 'test/bench/**/*.ts'], rules: restricted([]) },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.base],
    rules: { ...sizes, 'no-undef': 'off', 'no-eval': 'error', 'no-restricted-syntax': ['error', ...banned.mocks] },
  },
);
