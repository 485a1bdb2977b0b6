import { hastyOptions, patientOptions, reconnectAfterMs } from './redis-options';

describe('connections to Redis', () => {
  it.each([
    [
      'redis://10.0.0.5',
      { host: '10.0.0.5', port: 6379, db: 0, username: undefined, password: undefined, tls: undefined },
    ],
    ['redis://[::1]:7000/3', { host: '::1', port: 7000, db: 3 }],
    [
      'rediss://herald:a%2Fb%40c@r.example:6380/',
      { host: 'r.example', port: 6380, username: 'herald', password: 'a/b@c', tls: {} },
    ],
  ])('reads %s', (url, expected) => {
    expect(hastyOptions(url)).toMatchObject(expected);
    expect(patientOptions(url)).toMatchObject(expected);
  });

  it('tries again for ever, at most every two seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 5_000].map(reconnectAfterMs)).toEqual([100, 200, 400, 800, 1600, 2000, 2000, 2000]);
  });
});
