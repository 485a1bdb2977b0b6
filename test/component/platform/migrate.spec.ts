import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Database, migrate } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { silentLog } from '../../support/silent-log';

const sql = (text: string) => ({ text, values: [] });

describe('migrate', () => {
  let test: TestDatabase;
  let folder: string;
  let count = 0;
  beforeAll(async () => {
    test = await createTestDatabase();
  });
  afterAll(() => test.drop());
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'migrations '))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const write = (name: string, text: string): void => fs.writeFileSync(path.join(folder, name), text);
  const empty = async (): Promise<{ url: string; open(): Database }> => {
    count += 1;
    const name = `${test.name}_${count}`;
    await test.database.query(sql(`create database ${name} template template0`));
    const url = new URL(test.url);
    url.pathname = `/${name}`;
    return { url: url.href, open: () => test.open({ url: url.href, poolMax: 2 }) };
  };

  it('applies every migration of the project to an empty database', async () => {
    const database = await empty();
    const directory = path.resolve(__dirname, '../../../migrations');
    expect(await migrate(database.url, directory, silentLog)).toBe(
      fs.readdirSync(directory).filter((file) => file.endsWith('.sql')).length,
    );
    expect(await migrate(database.url, directory, silentLog)).toBe(0);
  });

  it('runs new files in order, once, whoever comes first', async () => {
    const database = await empty();
    write('0001-a-first.sql', 'create table steps (n int); insert into steps values (1);');
    write('0002-b-second.sql', 'insert into steps select max(n) + 1 from steps;');
    const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, folder, silentLog)));
    expect(ran.sort()).toEqual([0, 0, 0, 2]);
    write('0010-a-third.sql', 'insert into steps select max(n) + 1 from steps;');
    expect(await migrate(database.url, folder, silentLog)).toBe(1);
    expect((await database.open().query(sql('select n from steps order by n'))).rows).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
  });

  it('leaves nothing behind when a file fails, and names it', async () => {
    const database = await empty();
    write('0001-a-first.sql', 'create table steps (n int);');
    write('0002-b-broken.sql', 'create table steps (n int);');
    await expect(migrate(database.url, folder, silentLog)).rejects.toThrow(/0002-b-broken\.sql failed.*already exists/);
    const { rows } = await database.open().query(sql(`select to_regclass('steps')::text as t`));
    expect(rows).toEqual([{ t: null }]);
  });

  it('refuses a file that changed after it was applied', async () => {
    const database = await empty();
    write('0001-a-first.sql', 'create table steps (n int);');
    await migrate(database.url, folder, silentLog);
    write('0001-a-first.sql', 'create table steps (n bigint);');
    await expect(migrate(database.url, folder, silentLog)).rejects.toThrow('0001-a-first.sql differs');
  });

  it('lets an older program work on a newer database', async () => {
    const database = await empty();
    write('0001-a-first.sql', 'create table steps (n int);');
    write('0002-a-second.sql', 'select 1;');
    await migrate(database.url, folder, silentLog);
    fs.rmSync(path.join(folder, '0002-a-second.sql'));
    expect(await migrate(database.url, folder, silentLog)).toBe(0);
  });

  it('refuses files with a wrong name or a number twice', async () => {
    write('1-first.sql', 'select 1;');
    await expect(migrate(test.url, folder, silentLog)).rejects.toThrow('1-first.sql is not named');
    fs.rmSync(path.join(folder, '1-first.sql'));
    write('0001-a-first.sql', 'select 1;');
    write('0001-b-second.sql', 'select 1;');
    await expect(migrate(test.url, folder, silentLog)).rejects.toThrow('same number');
  });
});
