import fc from 'fast-check';
import { prettyJson } from './pretty';

describe('prettyJson', () => {
  it('R-8: indents and keeps every number as it was written', () => {
    expect(prettyJson('{"a":[1.00,{"b":"x\\"{,"}],"c":{},"d":[ ]}')).toBe(
      '{\n  "a": [\n    1.00,\n    {\n      "b": "x\\"{,"\n    }\n  ],\n  "c": {},\n  "d": []\n}',
    );
  });

  it('writes what JSON.stringify with an indent of two writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => prettyJson(JSON.stringify(value)) === JSON.stringify(value, null, 2)),
    );
  });
});
