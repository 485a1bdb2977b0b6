// The lists of what runs on the cluster profile name what exists.
import fs from 'node:fs';
import path from 'node:path';
import { leftOut, profileSpecs, serverSpecs, smokeSpecs } from '../../tools/cluster-specs.cjs';

const root = path.resolve(__dirname, '../..');

it('whatever is left out on the cluster profile exists, and has a reason', () => {
  for (const { file, test, why } of leftOut) {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    if (test !== undefined) expect(text).toContain(test);
    expect(why.length).toBeGreaterThan(20);
  }
});

it('every end-to-end test runs on the cluster profile, brings its own servers, or is left out with a reason', () => {
  const specs = fs.readdirSync(path.join(root, 'test/e2e')).filter((file) => file.endsWith('.spec.ts'));
  const known = [...profileSpecs(), ...serverSpecs(['e2e']), ...leftOut.map(({ file }) => file)];
  expect(specs.map((file) => `test/e2e/${file}`).filter((file) => !known.includes(file))).toEqual([]);
});

it('the smoke of the build machine is conformance, the laws and one walk through everything', () => {
  const files = smokeSpecs();
  expect(files).toEqual(
    expect.arrayContaining(['test/e2e/walking-path.spec.ts', 'test/e2e/order-under-failure.spec.ts']),
  );
  expect(files.some((file) => file.startsWith('test/conformance/fhir-rest/'))).toBe(true);
});
