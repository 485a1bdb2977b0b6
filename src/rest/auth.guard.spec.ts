import { AuthGuard } from './auth.guard';

const guard = new AuthGuard([
  { name: 'pas', token: 'secret-one' },
  { name: 'lab', token: 'secret-two' },
]);
const refused = expect.objectContaining({
  status: 401,
  headers: { 'WWW-Authenticate': 'Bearer realm="herald"' },
}) as Error;

describe('auth guard', () => {
  it('names the caller of a known token', () => {
    expect(guard.callerOf('/fhir/Patient', 'Bearer secret-two')).toBe('lab');
    expect(guard.callerOf('/admin/subscriptions', 'bearer secret-one')).toBe('pas');
  });

  it.each([
    undefined,
    'Bearer secret-three',
    'Basic c2VjcmV0LW9uZQ==',
    'Bearer ',
    'secret-one',
    `Bearer ${'x'.repeat(9000)}`,
  ])('answers 401 to %s', (authorization) => {
    expect(() => guard.callerOf('/fhir/Patient', authorization)).toThrow(refused);
    expect(() => guard.callerOf('/nowhere', authorization)).toThrow(refused);
  });

  it.each(['/health/live', '/health/ready', '/fhir/metadata', '/fhir/metadata/'])('leaves %s open', (path) => {
    expect(guard.callerOf(path, undefined)).toBeUndefined();
  });

  it.each(['/health/../fhir/Patient', '/fhir/metadata/x', '/metrics', '/FHIR/metadata'])(
    'does not take %s for open',
    (path) => {
      expect(() => guard.callerOf(path, undefined)).toThrow(refused);
    },
  );

  it('is open without tokens', () => expect(new AuthGuard([]).callerOf('/fhir/Patient', undefined)).toBeUndefined());
});
