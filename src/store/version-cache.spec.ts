// The cache of versions just written: bounded by bytes, last used last out.
import type { StoredVersion } from './resource-version';
import { VersionCache } from './version-cache';

const version = (id: string, characters = 100, tenant = 'default'): StoredVersion => ({
  tenant,
  type: 'Patient',
  id,
  version: 1,
  lastUpdated: new Date(0),
  interaction: 'create',
  body: 'x'.repeat(characters),
});

it('gives back what was put, tenants apart', () => {
  const cache = new VersionCache({ bytesMax: 10_000, bodyBytesMax: 1_000 });
  cache.put(version('a'));
  expect(cache.get(version('a'))).toEqual(version('a'));
  expect(cache.get({ ...version('a'), version: 2 })).toBeUndefined();
  expect(cache.get(version('a', 1, 'other'))).toBeUndefined();
});

it('stays within its bytes and drops what was used longest ago', () => {
  const cache = new VersionCache({ bytesMax: 2_000, bodyBytesMax: 1_000 });
  for (const id of ['a', 'b', 'c']) cache.put(version(id));
  cache.get(version('a'));
  cache.put(version('d'));
  expect(cache.sizeBytes).toBeLessThanOrEqual(2_000);
  expect(['a', 'b', 'c', 'd'].filter((id) => cache.get(version(id)))).toEqual(['a', 'c', 'd']);
});

it('does not let one big body push out the rest, and counts a repeated put once', () => {
  const cache = new VersionCache({ bytesMax: 5_000, bodyBytesMax: 1_000 });
  cache.put(version('a'));
  const size = cache.sizeBytes;
  cache.put(version('a'));
  cache.put(version('big', 2_000));
  expect(cache.sizeBytes).toBe(size);
  expect(cache.get(version('big'))).toBeUndefined();
});
