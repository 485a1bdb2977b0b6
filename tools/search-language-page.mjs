// Writes docs/how-to/search-language.md by asking the parser what it takes. Run it after changing what searches understand:
// npm run build && node tools/search-language-page.mjs
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { definitionsFor, searchLanguagePage } = createRequire(import.meta.url)(path.join(root, 'dist/fhir/index.js'));
fs.writeFileSync(path.join(root, 'docs/how-to/search-language.md'), searchLanguagePage(definitionsFor('R4')));
