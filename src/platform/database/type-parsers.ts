// How values come out of Postgres: int8 as number, because all our 64-bit values are kept within 2^53.
import pg from 'pg';

const INT8 = 20;
const INT8_ARRAY = 1016;

function int8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 value ${text} is beyond 2^53`);
  return value;
}

function int8Array(text: string): (number | null)[] {
  if (text === '{}') return [];
  return text
    .slice(1, -1)
    .split(',')
    .map((item) => (item === 'NULL' ? null : int8(item)));
}

/** The pool's `types`: pg's own parsers but for int8 and int8[]. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === INT8) return int8;
    if (format !== 'binary' && oid === INT8_ARRAY) return int8Array;
    return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
  }) as pg.CustomTypesConfig['getTypeParser'],
};
