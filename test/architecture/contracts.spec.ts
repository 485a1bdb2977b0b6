// A contract without a conformance suite does not merge: one suite, and one spec for every implementation of it.
import { exists, filesBelow } from './project-files';

const contracts = filesBelow('src')
  .filter((file) => file.endsWith('.contract.ts'))
  .map((file) => [file.split('/').pop()!.replace('.contract.ts', ''), file] as const);

const specs = filesBelow('test/conformance').filter((file) => file.endsWith('.spec.ts'));

it('finds the contracts', () => {
  expect(contracts.map(([name]) => name)).toContain('channel');
});

it.each(contracts)('%s has a suite, and a spec that runs it', (name) => {
  // One file, or a folder of tables where a contract has many small implementations (search types).
  expect([`${name}.ts`, `${name}s`].filter((suite) => exists(`test/conformance/${suite}`))).not.toEqual([]);
  expect(specs.filter((spec) => spec.startsWith(`test/conformance/${name}`))).not.toEqual([]);
});
