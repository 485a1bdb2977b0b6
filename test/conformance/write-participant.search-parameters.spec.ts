// The participant that makes SearchParameters take effect, by itself.
import { definitionsFor, parseResource } from '../../src/fhir';
import type { Database } from '../../src/platform';
import { CustomParameterParticipant, CustomParameters } from '../../src/store';
import { searchParameter } from '../support/search-parameter';
import { silentLog } from '../support/silent-log';
import { describeWriteParticipant } from './write-participant';

const standard = definitionsFor('R4');
const custom = new CustomParameters(standard, silentLog);
/** What it does after a commit is to read anew, which this suite need not wait for. */
const database = { query: () => Promise.resolve({ rows: [], rowCount: 0 }) } as unknown as Database;
const usersOf = () => Promise.resolve([]);
let count = 0;
/** A code of its own for each: the suite writes several of one note. */
const resource = (note: string, expression = 'Flag.code') => {
  const name = `Flag.code${(count += 1)}`;
  return parseResource(JSON.stringify(searchParameter(name, 'token', expression, { description: `note ${note}` })));
};

describeWriteParticipant('search parameters', {
  participants: [new CustomParameterParticipant({ standard, usersOf, custom, database, log: silentLog })],
  resource: (note) => resource(note),
  refused: resource('refused', 'Flag.nothing'),
  ownRows: async (db) =>
    (await db.query({ text: 'select * from custom_parameter order by type, code', values: [] })).rows,
});
