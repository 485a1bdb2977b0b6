// Writes docs/how-to/subscription-extensions.md from the table of extensions. Run it after changing src/fhir/extensions.ts:
// npm run build && node tools/extensions-page.mjs
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { channelSettingsPage } = createRequire(import.meta.url)(path.join(root, 'dist/fhir/index.js'));
const target = path.join(root, 'docs/how-to/subscription-extensions.md');
fs.mkdirSync(path.dirname(target), { recursive: true });
fs.writeFileSync(target, channelSettingsPage());
