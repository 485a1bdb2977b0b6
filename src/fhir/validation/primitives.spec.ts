import { definitionsFor } from '../versions/versions';
import { primitiveCheck } from './primitives';

const r4 = definitionsFor('R4');
const check = (type: string) => primitiveCheck(r4.type(type)!);

it.each([
  ['boolean', [true, false], ['true', 1, null]],
  ['decimal', [0, -1.5, 1e30], ['1', Infinity]],
  ['integer', [0, -2147483648, 2147483647], [2147483648, -2147483649, 0.5, '1']],
  ['unsignedInt', [0, 2147483647], [-1]],
  ['positiveInt', [1], [0]],
  [
    'string',
    [' ', 'é\n\t', '\u00a0', '😀', 'x'.repeat(1_048_576)],
    ['', '\u0001', '\u001f', '\udc00', 'x'.repeat(1_048_577), 1],
  ],
  ['markdown', ['# a\r\n'], ['', '\u0000']],
  ['code', ['a', 'a b', 'a-b.c'], ['', ' a', 'a ', 'a  b', 'a\n']],
  ['id', ['a', 'A-1.b', 'x'.repeat(64)], ['', 'x'.repeat(65), 'a_b', 'a/b', 'a\n']],
  ['uri', ['urn:x', 'http://e.org/a?b', '#a'], ['', 'a b', 'a\tb']],
  ['oid', ['urn:oid:1.2.3', 'urn:oid:2.0'], ['1.2.3', 'urn:oid:3.1', 'urn:oid:1.02']],
  ['uuid', ['urn:uuid:0b2c9a2e-43b7-4b7c-9c4e-0a4d8a0d1f11'], ['0b2c9a2e-43b7-4b7c-9c4e-0a4d8a0d1f11']],
  ['base64Binary', ['QQ==', 'QUI=', 'QUJD', 'QU\nJD', ' QUJD '], ['', 'QQ', 'Q===', 'QQ=Q', 'QQ*=', '    ']],
  [
    'date',
    ['2024', '2024-02', '2024-02-29'],
    ['0000', '24', '2024-13', '2024-00', '2023-02-29', '1900-02-29', '2024-2-9', '2024-01-01T00:00:00Z'],
  ],
  [
    'dateTime',
    ['2024', '2024-01-31', '2024-01-31T23:59:60Z', '2024-01-31T10:00:00.123456+14:00'],
    [
      '2024-01-31T10:00:00',
      '2024-01-31T24:00:00Z',
      '2024-02-30T10:00:00Z',
      '2024-01-31T10:00Z',
      '2024-01-31T10:00:00+15:00',
      '2024-01-31 10:00:00Z',
    ],
  ],
  ['instant', ['2024-01-31T10:00:00Z', '2024-01-31T10:00:00.1-05:00'], ['2024-01-31', '2024-04-31T10:00:00Z']],
  ['time', ['10:00:00', '23:59:60.5'], ['10:00', '24:00:00', '10:00:00Z']],
])('%s', (type, valid, invalid) => {
  for (const value of valid) expect([value, check(type)(value)]).toEqual([value, undefined]);
  for (const value of invalid)
    expect([value, check(type)(value)]).toEqual([value, expect.objectContaining({ text: expect.any(String) })]);
});

it('tells wrong JSON types from wrong formats', () => {
  expect(check('date')(20240101)?.code).toBe('structure');
  expect(check('date')('1.1.2024')?.code).toBe('value');
});

it.each([
  ['code', `${'a '.repeat(500_000)} `],
  ['code', 'a'.repeat(1_048_570)],
  ['oid', `urn:oid:1${'.1'.repeat(500_000)}x`],
  ['uri', `${'a'.repeat(1_000_000)} `],
  ['base64Binary', `${' '.repeat(5_000_000)}!`],
  ['base64Binary', `${'QUJD '.repeat(1_000_000)}!`],
  ['dateTime', '2'.repeat(1_000_000)],
])("ends within the runner's deadline and does not throw, however hostile the %s", (type, value) => {
  expect(() => check(type)(value)).not.toThrow();
});
