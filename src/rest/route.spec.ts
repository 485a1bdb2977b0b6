import { definitionsFor, FhirError } from '../fhir';
import { routeOf } from './route';

const definitions = definitionsFor('R4');
const route = (method: string, path: string, hasParameters = false) =>
  routeOf(definitions, method, path, hasParameters);

function refusal(method: string, path: string, hasParameters = false): FhirError {
  try {
    route(method, path, hasParameters);
  } catch (error) {
    if (error instanceof FhirError) return error;
  }
  throw new Error(`${method} ${path} was not refused`);
}

describe('route', () => {
  it.each([
    ['GET', '/metadata', 'capabilities', '', ''],
    ['OPTIONS', '', 'capabilities', '', ''],
    ['POST', '', 'bundle', '', ''],
    ['POST', '/', 'bundle', '', ''],
    ['GET', '/Patient', 'search', 'Patient', ''],
    ['GET', '/Patient/', 'search', 'Patient', ''],
    ['HEAD', '/Patient', 'search', 'Patient', ''],
    ['POST', '/Patient/_search', 'search', 'Patient', ''],
    ['GET', '', 'search', '', ''],
    ['POST', '/_search', 'search', '', ''],
    ['GET', '/Patient/1/Observation', 'search', 'Observation', ''],
    ['POST', '/Patient/1/Observation/_search', 'search', 'Observation', ''],
    ['GET', '/Patient/1/*', 'search', '', ''],
    ['POST', '/Patient/1/_search', 'search', '', ''],
    ['POST', '/Patient', 'create', 'Patient', ''],
    ['GET', '/Patient/a.B-1', 'read', 'Patient', 'a.B-1'],
    ['HEAD', 'Patient/1', 'read', 'Patient', '1'],
    ['PUT', '/Patient/1/', 'update', 'Patient', '1'],
    ['DELETE', '/Patient/%31', 'delete', 'Patient', '1'],
    ['GET', '/Patient/1/_history', 'history', 'Patient', '1'],
    ['OPTIONS', '/Patient/1', 'options', 'Patient', '1'],
  ])('%s %s is %s', (method, path, interaction, type, id) => {
    expect(route(method, path)).toMatchObject({ interaction, type, id });
  });

  it('knows the operations it is told of, where they are called, by POST, and by GET those that only read', () => {
    const places = ['Subscription $resend instance', 'Subscription $explain type'];
    const knows = (type: string, name: string, level: string) =>
      places.includes(`${type} ${name} ${level}`) ? { isReadOnly: name === '$explain' } : undefined;
    const of = (method: string, path: string) => routeOf(definitions, method, path, false, knows);
    const found = { interaction: 'operation', type: 'Subscription', id: '1', operation: '$resend' };
    expect(of('POST', '/Subscription/1/$resend')).toMatchObject(found);
    expect(of('OPTIONS', '/Subscription/1/$resend')).toMatchObject({ interaction: 'options', allow: 'POST, OPTIONS' });
    expect(() => of('GET', '/Subscription/1/$resend')).toThrow(expect.objectContaining({ status: 405 }) as Error);
    expect(() => of('POST', '/Subscription/!/$resend')).toThrow(expect.objectContaining({ status: 400 }) as Error);
    expect(of('POST', '/Subscription/$explain')).toMatchObject({ interaction: 'operation', id: '', isGet: false });
    expect(of('GET', '/Subscription/$explain')).toMatchObject({ interaction: 'operation', id: '', isGet: true });
    expect(() => of('PUT', '/Subscription/$explain')).toThrow(expect.objectContaining({ status: 405 }) as Error);
    for (const path of [
      '/Subscription/1/$explain',
      '/Patient/1/$resend',
      '/Subscription/$resend',
      '/Subscription/1/$resend/2',
      '/$resend',
    ])
      expect(() => of('POST', path)).toThrow(expect.objectContaining({ status: 404 }) as Error);
  });

  it('reads the version of a vread', () => {
    expect(route('GET', '/Patient/1/_history/12')).toMatchObject({ interaction: 'vread', version: 12 });
  });

  it.each([
    ['GET', '/patient/1', 404, 'Did you mean Patient?'],
    ['GET', '/Parameters/1', 404, "no resource type 'Parameters'"],
    ['GET', '/Patient/1/_history/abc', 404, 'versions are numbers'],
    ['GET', '/Patient/1/2/3/4', 404, 'nothing at this address'],
    ['POST', '/Patient/$validate', 404, '$validate'],
    ['GET', '/Patient/a_b', 400, 'not a FHIR id'],
    ['GET', `/Patient/${'a'.repeat(65)}`, 400, 'not a FHIR id'],
    ['GET', '/Patient/%ZZ', 400, 'percent escape'],
    ['GET', '/_history', 501, '_history'],
    ['GET', '/Patient/_history', 501, 'whole type'],
    ['GET', '/Group/1/Observation', 404, 'no compartment'],
    ['GET', '/Patient/1/Observatoin', 404, 'Observatoin'],
  ])('refuses %s %s with %i', (method, path, status, text) => {
    const error = refusal(method, path);
    expect(error.status).toBe(status);
    expect(error.issues[0]?.text).toContain(text);
  });

  it.each([
    ['PATCH', '/Patient/1', 'GET, HEAD, PUT, DELETE, OPTIONS'],
    ['POST', '/Patient/1', 'GET, HEAD, PUT, DELETE, OPTIONS'],
    ['PUT', '/Patient', 'GET, HEAD, POST, OPTIONS'],
    ['DELETE', '/metadata', 'GET, HEAD, OPTIONS'],
    ['PUT', '', 'GET, HEAD, POST, OPTIONS'],
    ['GET', '/Patient/_search', 'POST, OPTIONS'],
  ])('answers 405 with Allow to %s %s', (method, path, allow) => {
    const error = refusal(method, path);
    expect(error.status).toBe(405);
    expect(error.headers).toEqual({ Allow: allow });
  });

  it.each(['PUT', 'DELETE', 'PATCH'])('C-5: refuses a conditional %s by name', (method) => {
    const error = refusal(method, '/Patient', true);
    expect(error.status).toBe(400);
    expect(error.issues[0]).toMatchObject({
      code: 'not-supported',
      text: expect.stringContaining('Conditional') as string,
    });
  });

  it('shows no control characters back', () => {
    expect(refusal('GET', '/%0aPatient%00').message).not.toMatch(/[\n\0]/);
  });
});
