// Dates: http://hl7.org/fhir/R4/search.html#date. Each line: a target, a value, and the prefixes that are true of them.
import { casesOf } from './ordered-cases';
import type { TruthGroup, TruthTable } from './truth-table';

/** The same lines on a date of the row (Observation.date) and on one of the side table (Observation.value-date). */
function dateTimes(why: string, dateTime: string, lines: Readonly<Record<string, string>>): TruthGroup[] {
  return [
    { why, resource: { resourceType: 'Observation', effectiveDateTime: dateTime }, cases: casesOf('date', lines) },
    {
      why: `${why}, aside`,
      resource: { resourceType: 'Observation', valueDateTime: dateTime },
      cases: casesOf('value-date', lines),
    },
  ];
}

function periods(why: string, period: object, lines: Readonly<Record<string, string>>): TruthGroup[] {
  return [
    { why, resource: { resourceType: 'Observation', effectivePeriod: period }, cases: casesOf('date', lines) },
    {
      why: `${why}, aside`,
      resource: { resourceType: 'Observation', valuePeriod: period },
      cases: casesOf('value-date', lines),
    },
  ];
}

const nine = 'ne gt lt ge le ap';

export const dateTable: TruthTable = {
  groups: [
    // TABLE_NOW is 2013-01-24: ap reaches a tenth of the way from the value to it.
    ...dateTimes('a day', '2013-01-14', {
      '2013-01-14': 'eq ge le ap',
      '2013-01-15': 'ne lt le eb ap',
      '2013-01-13': 'ne gt ge sa ap',
      '2013-01-12': 'ne gt ge sa ap',
      '2013-01-16': 'ne lt le eb',
      '2013-01': 'eq ge le ap',
      '2013': 'eq ge le ap',
      '2012': 'ne gt ge sa',
      '2012-12': 'ne gt ge sa',
      '2014': 'ne lt le eb',
      '2013-01-14T10:00Z': nine,
      '2013-01-14T00:00:00Z': 'ne gt ge ap',
      '2013-01-14T23:59:59.999Z': 'ne lt le ap',
      '2013-01-14T00:00:00+02:00': 'ne gt ge sa ap',
    }),
    ...dateTimes('a month', '2013-01', {
      '2013-01': 'eq ge le ap',
      '2013': 'eq ge le ap',
      '2013-01-14': nine,
      '2013-01-01': 'ne gt ge ap',
      '2013-01-31': 'ne lt le ap',
      '2013-02': 'ne lt le eb ap',
    }),
    ...dateTimes('a year', '2013', {
      '2013': 'eq ge le ap',
      '2013-06': nine,
      '2014-01-01': 'ne lt le eb ap',
      '2012-12-31': 'ne gt ge sa ap',
    }),
    ...dateTimes('a second with a zone', '2013-01-14T10:00:00+01:00', {
      '2013-01-14T09:00:00Z': 'eq ge le ap',
      '2013-01-14T10:00:00+01:00': 'eq ge le ap',
      '2013-01-14T10:00:00Z': 'ne lt le eb ap',
      '2013-01-14T09:00Z': 'eq ge le ap',
      '2013-01-14T09:00:00.000Z': 'ne gt ge ap',
      '2013-01-14T09:00:00.999Z': 'ne lt le ap',
      '2013-01-14T09:00:01Z': 'ne lt le eb ap',
      '2013-01-14T08:59:59Z': 'ne gt ge sa ap',
      '2013-01-14': 'eq ge le ap',
      '2013-01-14T04:00:00-05:00': 'eq ge le ap',
    }),
    ...dateTimes('a millisecond', '2013-01-14T09:00:00.5004Z', {
      '2013-01-14T09:00:00.5Z': 'eq ge le ap',
      '2013-01-14T09:00:00.500Z': 'eq ge le ap',
      '2013-01-14T09:00:00.501Z': 'ne lt le eb ap',
      '2013-01-14T09:00:00.499Z': 'ne gt ge sa ap',
      '2013-01-14T09:00:00Z': 'eq ge le ap',
    }),
    ...dateTimes('before midnight here is another day there', '2013-01-14T23:30:00-05:00', {
      '2013-01-15': 'eq ge le ap',
      '2013-01-14': 'ne gt ge sa ap',
    }),
    ...dateTimes('the first and last of years', '0001-01-01', {
      '0001': 'eq ge le ap',
      '0001-01-01T00:00:00Z': 'ne gt ge ap',
      '9999': 'ne lt le eb',
      '9999-12-31T23:59:59.999Z': 'ne lt le eb',
    }),
    ...dateTimes('the end of years', '9999-12-31', {
      '9999': 'eq ge le ap',
      '9999-12-31': 'eq ge le ap',
      '9998': 'ne gt ge sa ap',
      '0001': 'ne gt ge sa',
    }),
    ...periods(
      'a closed period',
      { start: '2013-01-10', end: '2013-01-20' },
      {
        '2013-01': 'eq ge le ap',
        '2013-01-15': nine,
        '2013-01-10': 'ne gt ge ap',
        '2013-01-20': 'ne lt le ap',
        '2013-01-21': 'ne lt le eb ap',
        '2013-01-09': 'ne gt ge sa ap',
        '2013-01-05': 'ne gt ge sa',
      },
    ),
    ...periods(
      'a period without end',
      { start: '2013-01-10' },
      {
        '2013-01-14': nine,
        '2013-01-05': 'ne gt ge sa',
        '2013': 'ne gt ge ap',
        '2013-01-10': 'ne gt ge ap',
        '9999': nine,
      },
    ),
    ...periods(
      'a period without start',
      { end: '2013-01-10' },
      {
        '2013-01-14': 'ne lt le eb',
        '2013': 'ne lt le ap',
        '2013-01-10': 'ne lt le ap',
        '2013-01-05': nine,
        '0001': nine,
      },
    ),
    ...periods('a period that ends before it starts', { start: '2021', end: '2020' }, { '2020': '', '2021': '' }),
    ...periods('a period of extensions', { extension: [{ url: 'http://e' }] }, { '2013': '' }),
    {
      why: 'a timing',
      resource: {
        resourceType: 'Observation',
        effectiveTiming: { event: ['2013-01-20', '2013-01-10'], repeat: { boundsPeriod: { end: '2013-01-25' } } },
      },
      cases: casesOf('date', { '2013-01-26': 'ne lt le eb ap', '2013-01-15': nine, '2013': 'ne lt le ap' }),
    },
    {
      why: 'a timing without bounds',
      resource: { resourceType: 'Observation', effectiveTiming: { event: ['2013-01-20', '2013-01-10'] } },
      cases: casesOf('date', { '2013-01': 'eq ge le ap', '2013-01-09': 'ne gt ge sa ap' }),
    },
    {
      why: 'presence, and several values',
      resource: { resourceType: 'Patient', birthDate: '1970-05-01', deceasedDateTime: '2001' },
      cases: [
        ['birthdate=1970-05-01', true],
        ['birthdate=1970', true],
        ['birthdate=1971,1970', true],
        ['birthdate=ge1970-05-01&birthdate=lt1970-06', true],
        ['birthdate=ge1970-05-02&birthdate=lt1970-06', false],
        ['birthdate:missing=false', true],
        ['death-date=2001', true],
        ['death-date=ge2000,lt1900', true],
        ['death-date=gt2001', false],
        ['death-date:missing=false', true],
        ['death-date:missing=true', false],
      ],
    },
    {
      why: 'absence',
      resource: { resourceType: 'Patient' },
      cases: [
        ['birthdate=ne1970', false],
        ['birthdate:missing=true', true],
        ['death-date=ne1970', false],
        ['death-date:missing=true', true],
      ],
    },
    {
      why: 'when it was last updated',
      resource: { resourceType: 'Basic', meta: { lastUpdated: '2013-01-14T09:00:00.500Z' } },
      cases: [
        ...casesOf('_lastUpdated', {
          '2013-01-14T09:00:00.500Z': 'eq ge le ap',
          '2013-01-14T09:00:00.501Z': 'ne lt le eb ap',
          '2013-01-14T09:00:00.499Z': 'ne gt ge sa ap',
          '2013-01-14': 'eq ge le ap',
          '2013-01-13': 'ne gt ge sa ap',
          '2013-01-15': 'ne lt le eb ap',
        }),
        ['_lastUpdated:missing=false', true],
        ['_lastUpdated=2012,2013', true],
        // A query string turns + into a blank.
        ['_lastUpdated=ge2013-01-14T10:00:00+01:00', true],
        ['_lastUpdated=ge2013-01-14T10:00:01+01:00', false],
      ],
    },
  ],
  refusals: [
    { query: 'Patient?birthdate=yesterday', says: /"yesterday" is not a date that birthdate understands. Write yyyy/ },
    { query: 'Patient?birthdate=2013-02-30', says: /not a date/ },
    { query: 'Patient?birthdate=2013-13', says: /not a date/ },
    { query: 'Patient?birthdate=0000', says: /not a date/ },
    { query: 'Patient?birthdate=2013-01-01T25:00Z', says: /not a date/ },
    { query: 'Patient?birthdate=xx2013', says: /not a date/ },
    { query: 'Patient?birthdate=gt', says: /not a date/ },
    { query: 'Patient?birthdate:not=2013', says: /"birthdate" does not take the modifier ":not".*:missing/ },
    { query: 'Patient?birthdat=2013', says: /nearest name is "birthdate"/ },
  ],
};
