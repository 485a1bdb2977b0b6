// Writes docs/how-to/configuration.md from the list of settings. Run it after changing src/platform/config/settings.ts:
// npm run build && node tools/configuration-page.mjs
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { settingsPage } = createRequire(import.meta.url)(path.join(root, 'dist/platform/index.js'));
const target = path.join(root, 'docs/how-to/configuration.md');
fs.mkdirSync(path.dirname(target), { recursive: true });
fs.writeFileSync(target, settingsPage());
