import fc from 'fast-check';
import { formatParameters, parseParameters, refuseParametersExcept } from './parameters';

describe('parameters', () => {
  it('Q-13: decodes once, reads a plus as a blank, takes raw reserved characters', () => {
    expect(parseParameters('name=A+B&code=http://x|a%2Cb,c&x=%2525&flag&=y&&a:not=1')).toEqual([
      ['name', 'A B'],
      ['code', 'http://x|a,b,c'],
      ['x', '%25'],
      ['flag', ''],
      ['', 'y'],
      ['a:not', '1'],
    ]);
  });

  it('refuses a broken escape', () => {
    expect(() => parseParameters('name=%E0%A4%A')).toThrow(expect.objectContaining({ status: 400 }) as Error);
  });

  it('what is formatted parses back to the same', () => {
    const parameter = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(fc.array(parameter), (parameters) => {
        expect(parseParameters(formatParameters(parameters))).toEqual(parameters);
      }),
    );
  });

  it('names the parameter that an interaction does not take', () => {
    expect(() => refuseParametersExcept([['_format', 'json']], 'create', [])).not.toThrow();
    expect(() => refuseParametersExcept([['name', 'x']], 'create', [])).toThrow("'name' is not supported on create");
  });
});
