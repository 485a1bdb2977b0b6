import fs from 'node:fs';
import path from 'node:path';
import { definitionsFor } from '../versions/versions';
import { searchLanguagePage } from './search-language-page';

it('is what docs/how-to/search-language.md says (tools/search-language-page.mjs writes it)', () => {
  const page = path.resolve(__dirname, '../../../docs/how-to/search-language.md');
  expect(fs.readFileSync(page, 'utf8')).toBe(searchLanguagePage(definitionsFor('R4')));
});
