import { Wrong } from './kinds';
import { loadConfig } from './load-config';
import { redisUrl } from './redis-url';

it.each(['redis://r:6379', 'rediss://u:p%40ss@r.example:6380/2', 'redis://[::1]/', 'redis://:secret@10.0.0.1'])(
  'takes %s',
  (given) => {
    expect(redisUrl.read(given)).toBe(given);
  },
);

it.each([
  'r:6379',
  'http://r:6379',
  'redis://',
  'redis://r/name',
  'redis://:pa%ss@r',
  'redis://r/0?db=1',
  'redis://r/0#x',
])('refuses %s, and does not repeat it', (given) => {
  const answer: unknown = redisUrl.read(given);
  expect(answer).toBeInstanceOf(Wrong);
  expect((answer as Wrong).mustBe).not.toContain('pa%ss');
});

it('is for processes that share a database', () => {
  const own = { DATABASE_URL: 'postgres://u@h/d', HERALD_SECRET_KEY: Buffer.alloc(32, 1).toString('base64') };
  expect(() => loadConfig({ REDIS_URL: 'redis://r' })).toThrow('REDIS_URL is for processes that share a DATABASE_URL');
  const config = loadConfig({ ...own, REDIS_URL: 'redis://r', HERALD_REDIS_PREFIX: 'ward' });
  expect(config).toMatchObject({ profile: 'cluster', redis: { url: 'redis://r', prefix: 'ward' } });
  expect(loadConfig(own).redis).toBeUndefined();
});
