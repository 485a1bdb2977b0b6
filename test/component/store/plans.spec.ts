// The plans of the hot statements, on tables so small that a planner left alone would rather read them whole.
import { STORE_SESSION_SETTINGS } from '../../../src/store';
import { createResourceSql } from '../../../src/store/sql/create-resource.sql';
import { deleteResourceSql } from '../../../src/store/sql/delete-resource.sql';
import { lockRowsSql } from '../../../src/store/sql/lock-rows.sql';
import {
  historySql,
  historyTotalSql,
  readCurrentSql,
  readCurrentsSql,
  readVersionsSql,
} from '../../../src/store/sql/read-versions.sql';
import { deleteRowsSql, deleteSideRowSetsSql, updateRowsSql } from '../../../src/store/sql/set-writes.sql';
import { updateResourceSql } from '../../../src/store/sql/update-resource.sql';
import type { Database } from '../../../src/platform';
import { context, openStore, patient, type StoreFixture } from './store-fixture';

let fixture: StoreFixture;
let sessions: Database;
beforeAll(async () => {
  fixture = await openStore();
  sessions = fixture.test.open({ settings: { ...STORE_SESSION_SETTINGS } });
  for (let index = 0; index < 5; index += 1) await fixture.store.update(context, `p${index}`, patient());
  for (const table of ['resource_patient', 'resource_version', 'resource_string', 'resource_date']) {
    await fixture.database.query({ text: `vacuum analyze ${table}`, values: [] });
  }
});
afterAll(async () => {
  await fixture.test.drop();
});

it.each([
  createResourceSql('Patient'),
  updateResourceSql('Patient'),
  deleteResourceSql('Patient'),
  lockRowsSql('Patient'),
  updateRowsSql('Patient'),
  deleteRowsSql('Patient'),
  ...deleteSideRowSetsSql,
  readCurrentSql,
  readCurrentsSql,
  readVersionsSql,
  historySql,
  historyTotalSql,
])('$name reads by index', async ({ text }) => {
  const { rows } = await sessions.query<{ 'QUERY PLAN': string }>({
    text: `explain (generic_plan) ${text}`,
    values: [],
  });
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toMatch(/Seq Scan/);
});
