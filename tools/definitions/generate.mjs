// Writes the compact FHIR definitions Herald loads at start: `npm install && npm run generate` in this folder.
// With --check nothing is written: exit 1 when the committed files differ from what the packages give.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCodes } from './codes.mjs';
import { correctR4 } from './corrections.mjs';
import { packagesInstalled, r4ElementPaths, readR4 } from './packages.mjs';
import { buildCompartments, buildSearchParameters } from './search-parameters.mjs';
import { buildTypes } from './types.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const folder = path.join(root, 'src/fhir/versions/r4');

/** element path → reference targets, for plain paths and `.ofType(T)`; undefined = any or not a reference. */
function targetIndex(types) {
  const index = new Map();
  for (const [owner, { elements = [] }] of Object.entries(types)) {
    for (const line of elements) {
      const [name, , typeText] = line.split(' ');
      const targets = /(?:^|\|)(?:Reference|canonical)\(([^)]*)\)/.exec(typeText);
      if (targets) index.set(`${owner}.${name.replace('[x]', '')}`, targets[1].split(','));
    }
  }
  return (branch) => index.get(branch.replace(/\.ofType\(\w+\)/g, '').replace(/\.where\([^)]*\)/g, ''));
}

/** Everything for R4: file name → content. */
export function generateR4() {
  const source = readR4();
  const types = correctR4(buildTypes(source.structures, r4ElementPaths()));
  const { codes, open } = buildCodes(types, source.terminology);
  const concrete = Object.keys(types).filter((name) => types[name].kind === 'resource' && !types[name].abstract);
  const searchParameters = buildSearchParameters(source.searchParameters, concrete, targetIndex(types));
  const compartments = buildCompartments(source.compartments);
  console.log(`R4: ${concrete.length} resource types, ${Object.keys(types).length} types and backbones`);
  console.log(`R4: ${Object.keys(codes).length} code lists; not listable: ${open.join(', ')}`);
  return {
    'types.json': types,
    'codes.json': codes,
    'search-parameters.json': searchParameters,
    'compartments.json': compartments,
  };
}

if (!packagesInstalled()) {
  console.log('the definition packages are not installed (npm install in tools/definitions): nothing to do');
  process.exit(0);
}

let stale = 0;
for (const [name, content] of Object.entries(generateR4())) {
  const file = path.join(folder, name);
  const text = `${JSON.stringify(content, undefined, 1)}\n`;
  if (process.argv.includes('--check')) {
    const current = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    if (current !== text) stale++;
    console.log(`${current === text ? 'fresh' : 'STALE'} ${name}`);
  } else {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(file, text);
    console.log(`wrote ${name} (${text.length} characters)`);
  }
}
process.exit(stale > 0 ? 1 : 0);
