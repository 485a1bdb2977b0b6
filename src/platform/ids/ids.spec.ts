import fc from 'fast-check';
import { hash53, randomId, uuidv7 } from './ids';

describe('ids', () => {
  it('writes the time into a UUIDv7 and keeps text order across milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), fc.integer({ min: 1, max: 1000 }), (ms, later) => {
        const first = uuidv7(new Date(ms));
        expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(parseInt(first.replace(/-/g, '').slice(0, 12), 16)).toBe(ms);
        expect(uuidv7(new Date(ms + later)) > first).toBe(true);
      }),
    );
  });

  it('hashes to safe non-negative integers, the same for ever', () => {
    fc.assert(fc.property(fc.string(), (text) => Number.isSafeInteger(hash53(text)) && hash53(text) >= 0));
    expect(hash53('Patient/1')).toBe(hash53('Patient/1'));
    expect(hash53('default/Patient/1')).toMatchInlineSnapshot(`8275679638608691`);
  });

  it('makes random ids that FHIR accepts', () => {
    expect(randomId()).toMatch(/^[A-Za-z0-9\-.]{1,64}$/);
    expect(randomId()).not.toBe(randomId());
  });
});
