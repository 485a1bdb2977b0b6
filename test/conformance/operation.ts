// What every operation must do, whatever it does: run against the whole app over HTTP. https://hl7.org/fhir/R4/operations.html
import { startHerald, type Herald } from '../support/herald';

export interface OperationCase {
  readonly type: string;
  readonly code: string;
  /** Makes an instance that the operation can be called on. */
  prepare(herald: Herald): Promise<string>;
  /** Parameters of a call that succeeds, and how it is answered. */
  readonly parameters: readonly object[];
  readonly status: number;
}

export function operationSuite({ type, code, prepare, parameters, status }: OperationCase): void {
  describe(`$${code} on ${type}`, () => {
    let herald: Herald;
    let id: string;
    const body = (parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter });
    const call = (sent: object, path = `${type}/${id}/$${code}`, method = 'POST') =>
      herald.call(method, path, { body: sent });
    beforeAll(async () => {
      herald = await startHerald();
      id = await prepare(herald);
    });
    afterAll(async () => herald?.stop());

    it('is listed in the CapabilityStatement with its definition, on its type only', async () => {
      const { body: statement } = await herald.get('metadata');
      const listed = statement.rest[0].resource.filter((each: any) =>
        each.operation?.some(({ name }: { name: string }) => name === code),
      );
      expect(listed.map((each: any) => each.type)).toEqual([type]);
      expect(listed[0].operation.find((each: any) => each.name === code).definition).toMatch(/^[a-z]+:/);
    });

    it('answers a call with FHIR JSON', async () => {
      const answer = await call(body(parameters));
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toMatch(/^application\/fhir\+json/);
      expect(answer.body.resourceType).toBe('Parameters');
    });

    it('takes POST only, and says so', async () => {
      const answer = await call({}, undefined, 'PUT');
      expect(answer.status).toBe(405);
      expect(answer.headers['allow']).toContain('POST');
      expect((await herald.get(`${type}/${id}/$${code}`)).status).toBe(405);
    });

    it('is on no other address: not on the type, not on the server, not on another type', async () => {
      for (const path of [`${type}/$${code}`, `$${code}`, `Patient/1/$${code}`, `${type}/${id}/$${code}x`]) {
        const answer = await call(body(parameters), path);
        expect([path, answer.status, answer.body.resourceType]).toEqual([path, 404, 'OperationOutcome']);
      }
    });

    it('refuses what is no Parameters resource, unknown parameters and repetitions, naming the place', async () => {
      const patient = await call({ resourceType: 'Patient' });
      expect(patient.status).toBe(400);
      expect((await herald.call('POST', `${type}/${id}/$${code}`)).status).toBe(415);
      const unknown = await call(body([...parameters, { name: 'nobody-knows', valueString: 'x' }]));
      expect(unknown.status).toBe(400);
      expect(unknown.body.issue[0].expression[0]).toContain(`Parameters.parameter[${parameters.length}]`);
      const twice = await call(body([...parameters, ...parameters]));
      expect(twice.status).toBe(400);
      expect((await call(body(parameters), `${type}/${id}/$${code}?x=1`)).status).toBe(400);
    });

    it('answers 404 for an instance that never was, 410 for one that was deleted', async () => {
      expect((await call(body(parameters), `${type}/nobody/$${code}`)).status).toBe(404);
      const other = await prepare(herald);
      await herald.del(`${type}/${other}`);
      expect((await call(body(parameters), `${type}/${other}/$${code}`)).status).toBe(410);
    });
  });
}
