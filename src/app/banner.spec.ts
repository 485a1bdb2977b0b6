import { loadConfig } from '../platform';
import { banner } from './banner';
import { ownOrigins } from './own-origins';

const shown = (env: Record<string, string>, dataPlace = '/srv/herald/database/cluster'): string =>
  banner({
    config: loadConfig(env),
    address: { host: '127.0.0.1', port: 8080 },
    dataPlace,
    temporaryFolder: '/scratch',
  });

describe('banner', () => {
  it('says where everything is and gives a line to try', () => {
    const text = shown({});
    expect(text).toContain('http://127.0.0.1:8080/fhir');
    expect(text).toContain('http://127.0.0.1:8080/health/ready');
    expect(text).toContain('http://127.0.0.1:8080/metrics');
    expect(text).toContain('embedded PostgreSQL');
    expect(text).toContain('/srv/herald/database/cluster');
    expect(text).toContain('loopback');
    expect(text).toMatch(/curl .*\/fhir\/Patient/);
    expect(text).not.toContain('temporary');
    expect(shown({}, '/scratch/x/cluster')).toContain('temporary');
  });

  it('says when the server may fail on purpose', () => {
    expect(shown({})).not.toContain('TEST MODE');
    const text = shown({ HERALD_TEST_MODE: 'true', HERALD_FAILPOINTS: 'match.after-mark=exit@3' });
    expect(text).toMatch(/TEST MODE.*match\.after-mark \(exit\)/);
  });

  it('never shows a token, and no FHIR base where there is none', () => {
    const text = shown({ HERALD_TOKENS: 'alice:0123456789abcdef', ROLES: 'matcher' });
    expect(text).toContain('alice');
    expect(text).not.toContain('0123456789abcdef');
    expect(text).not.toContain('/fhir');
  });
});

it('knows its own origins', () => {
  const config = (env: Record<string, string>) => ownOrigins(loadConfig(env));
  expect(config({})).toEqual(
    expect.arrayContaining(['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080']),
  );
  expect(config({ PORT: '80' })).toContain('http://localhost');
  expect(config({ PORT: '0', HERALD_BASE_URL: 'https://fhir.example.org/fhir' })).toEqual(['https://fhir.example.org']);
});
