import type { StoredVersion } from '../store';
import { expectedVersion, isUnchanged, preferencesOf } from './conditions';

const stored: StoredVersion = {
  tenant: 'default',
  type: 'Patient',
  id: '1',
  version: 3,
  lastUpdated: new Date('2026-03-01T10:00:00.500Z'),
  interaction: 'update',
  body: '{}',
};

describe('conditions', () => {
  it.each([
    ['W/"3"', 3],
    ['"3"', 3],
    ['3', 3],
    ['W/3', 3],
    [' W/"12" ', 12],
  ])('V-5: reads If-Match %s', (text, version) => expect(expectedVersion(text)).toBe(version));

  it.each([
    ['*', 400],
    ['W/"1", W/"2"', 400],
    ['', 400],
    ['W/"abc"', 412],
    ['W/"0"', 412],
    ['99999999999999999999', 400],
  ])('refuses If-Match %s with %i', (text, status) => {
    expect(() => expectedVersion(text)).toThrow(expect.objectContaining({ status }) as Error);
  });

  it.each([
    [{ ifNoneMatch: 'W/"3"' }, true],
    [{ ifNoneMatch: '"2", "3"' }, true],
    [{ ifNoneMatch: '*' }, true],
    [{ ifNoneMatch: 'W/"2"' }, false],
    [{ ifNoneMatch: 'W/"2"', ifModifiedSince: 'Sun, 01 Mar 2026 10:00:00 GMT' }, false],
    [{ ifModifiedSince: 'Sun, 01 Mar 2026 10:00:00 GMT' }, true],
    [{ ifModifiedSince: 'Sun, 01 Mar 2026 09:59:59 GMT' }, false],
    [{ ifModifiedSince: 'yesterday' }, false],
    [{}, false],
  ])('I-2: %j means unchanged: %s', (conditions, expected) => expect(isUnchanged(conditions, stored)).toBe(expected));

  it.each([
    [undefined, { returns: 'representation', isLenient: false }],
    ['return=minimal', { returns: 'minimal', isLenient: false }],
    ['respond-async, return=OperationOutcome; handling=lenient', { returns: 'OperationOutcome', isLenient: true }],
    ['return="minimal", wait=10', { returns: 'minimal', isLenient: false }],
    ['return=everything', { returns: 'representation', isLenient: false }],
  ])('Prefer %s is %j', (prefer, expected) => expect(preferencesOf(prefer)).toEqual(expected));
});
