// What Subscription.error says.
import { errorText, shownUrl } from './error-text';

const failure = {
  at: new Date('2026-01-12T09:30:00.123Z'),
  method: 'PUT',
  url: 'https://r.example.org/fhir/Patient/p1',
  outcome: '500',
  attempt: 5,
  eventNumber: 17,
};

it('S1.15: time, method, URL, outcome, attempt, event number, how many wait', () => {
  expect(errorText(failure, 3)).toBe(
    '2026-01-12T09:30:00Z PUT https://r.example.org/fhir/Patient/p1 -> 500 (attempt 5, event 17, 3 waiting)',
  );
});

it('has at most 1,000 characters and keeps its end', () => {
  const text = errorText({ ...failure, url: `https://r.example.org/${'a'.repeat(3_000)}` }, 20_000);
  expect(text.length).toBe(1_000);
  expect(text).toMatch(/… ?\(attempt 5, event 17, more than 10000 waiting\)$/);
});

it('shows no credentials', () => {
  expect(shownUrl('https://user:pw@r.example.org/fhir/Patient/p1?api_key=secret')).toBe(
    'https://r.example.org/fhir/Patient/p1?…',
  );
});
