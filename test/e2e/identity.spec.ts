// S2.6: never an id mismatch. The URL names the resource of the body, for every id that FHIR allows.
import fc from 'fast-check';
import { SubscriberStub } from '../support/subscriber-stub';
import { startHerald, type Herald } from '../support/herald';
import { restHook, subscribe } from '../support/subscription';

let herald: Herald;
let receiver: SubscriberStub;
beforeAll(async () => {
  [herald, receiver] = await Promise.all([startHerald(), SubscriberStub.start()]);
  await subscribe(herald, restHook('Patient', `${receiver.url}/fhir`));
});
afterAll(async () => {
  await herald?.stop();
  await receiver?.stop();
});

const legalId = fc.stringMatching(/^[A-Za-z0-9\-.]{1,64}$/).filter((id) => !/^\.{1,2}$/.test(id));

it('S2.6: URL and body name the same resource, whatever the id', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(legalId, { minLength: 1, maxLength: 8 }), async (ids) => {
      const before = receiver.requests.length;
      const answers = await Promise.all(ids.map((id) => herald.put({ resourceType: 'Patient', id })));
      for (const answer of answers) expect([200, 201]).toContain(answer.status);
      const requests = (await receiver.received(before + ids.length)).slice(before);
      expect(requests.map((request) => request.path).sort()).toEqual(ids.map((id) => `/fhir/Patient/${id}`).sort());
      for (const request of requests) {
        const { resourceType, id } = request.json();
        expect(request.path).toBe(`/fhir/${resourceType}/${id}`);
      }
    }),
    { numRuns: 25 },
  );
});
