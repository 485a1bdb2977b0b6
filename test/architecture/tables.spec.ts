// Tables have rooms too: only the room that owns a table names it in SQL; everyone else comes through the door.
import { filesBelow, readProjectFile, roomNames } from './project-files';
import { preparedStatements, sqlTexts, tablesNamed } from './sql-texts';

const migrations = filesBelow('migrations').filter((file) => file.endsWith('.sql'));
const header = (file: string, name: string): string | undefined =>
  new RegExp(`^-- ${name}: *(.+)$`, 'm').exec(readProjectFile(file))?.[1]?.trim();

const ownerOf = new Map<string, string>();
for (const file of migrations) {
  for (const match of readProjectFile(file).matchAll(
    /create (?:unlogged )?table (?:if not exists )?"?([a-z_][a-z_0-9]*)"?(?! partition of)/gi,
  )) {
    ownerOf.set(match[1]!.toLowerCase(), header(file, 'owner') ?? '');
  }
}

it('finds the tables', () => {
  expect([...ownerOf.keys()]).toEqual(expect.arrayContaining(['outbox', 'delivery']));
});

it.each(migrations)('%s says who owns its tables and whether it runs online', (file) => {
  expect([...roomNames(), 'app']).toContain(header(file, 'owner'));
  expect(header(file, 'safe online')).toMatch(/^(yes|no)\b.{5,}/);
  expect(file).toMatch(/^migrations\/\d{4}-[a-z0-9-]+\.sql$/);
});

it('numbers migrations once each', () => {
  const numbers = migrations.map((file) => file.slice('migrations/'.length, 'migrations/0000'.length));
  expect(new Set(numbers).size).toBe(numbers.length);
});

it('names a table only in the SQL of the room that owns it', () => {
  const trespassers = filesBelow('src')
    .filter((file) => /\.(ts|sql)$/.test(file) && !file.endsWith('.spec.ts'))
    .flatMap((file) => {
      const room = file.split('/')[1]!;
      const named = sqlTexts(file).flatMap(tablesNamed);
      return [...new Set(named)]
        .filter((table) => ownerOf.has(table) && ownerOf.get(table) !== room)
        .map((table) => `${file} names ${table} of ${ownerOf.get(table)}`);
    });
  expect(trespassers).toEqual([]);
});

it('prepares one text under one name: pg refuses a second text on a connection that knows the first', () => {
  const sources = filesBelow('src').filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
  const prepared = sources.flatMap((file) => preparedStatements(file).map((one) => ({ file, ...one })));
  expect(prepared.length).toBeGreaterThan(30);
  const seen = new Map(prepared.map(({ name, text }) => [name, text]));
  expect(prepared.filter(({ name, text }) => seen.get(name) !== text)).toEqual([]);
});

it('asks no database for the time: $now comes from the clock', () => {
  const askers = filesBelow('src')
    .filter((file) => /\.(ts|sql)$/.test(file) && !file.endsWith('.spec.ts'))
    .filter((file) => !file.startsWith('src/platform/clock/'))
    .filter((file) =>
      sqlTexts(file).some((sql) =>
        /\b(now|clock_timestamp|statement_timestamp)\s*\(\)|\bcurrent_timestamp\b/i.test(sql),
      ),
    );
  expect(askers).toEqual([]);
});
