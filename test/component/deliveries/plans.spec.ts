// Every hot statement finds its rows by index, on tables that are young and have no statistics: a prepared statement keeps the plan of that day.
import fs from 'node:fs';
import path from 'node:path';
import { DELIVERER_SESSION_SETTINGS } from '../../../src/deliveries';
import type { Database } from '../../../src/platform';
import { createTestDatabase, type TestDatabase } from '../../support/database';

const folder = path.resolve(__dirname, '../../../src/deliveries/sql');
const statements = fs.readdirSync(folder).filter((file) => file.endsWith('.sql'));
// These read a small partial index from end to end, on purpose.
const smallIndexes = /using (subscription_runtime_limited|resend_waiting|held_key_blocked) /;

let db: TestDatabase;
let session: Database;
beforeAll(async () => {
  db = await createTestDatabase();
  session = db.open({ settings: { ...DELIVERER_SESSION_SETTINGS } });
});
afterAll(async () => db.drop());

it.each(statements)('%s', async (file) => {
  const text = `explain (generic_plan) ${fs.readFileSync(path.join(folder, file), 'utf8')}`;
  const { rows } = await session.query<{ 'QUERY PLAN': string }>({ text, values: [] });
  const plan = rows.map((row) => row['QUERY PLAN']);
  expect(plan.filter((line) => /Seq Scan on (delivery|slice|held_key|subscription_runtime)\b/.test(line))).toEqual([]);
  const whole = plan.filter(
    (line, index) =>
      /Index (Only )?Scan using \w+ on (delivery|slice|held_key|subscription_runtime)\b/.test(line) &&
      !/Index Cond/.test(plan[index + 1] ?? '') &&
      !smallIndexes.test(line),
  );
  expect(whole).toEqual([]);
});
