import type { Arrival } from './receiver';
import { complaints } from './verdict';

const arrival = (eventNumber: number, resource: string, version: number): Arrival => ({
  subscription: 's',
  eventNumber,
  resource,
  version,
  attempt: 1,
  status: 200,
});

it('is content with every number, in order; different resources may overtake each other', () => {
  const taken = [arrival(2, 'Patient/b', 1), arrival(1, 'Patient/a', 1), arrival(3, 'Patient/a', 2)];
  expect(complaints('ward', taken, 3)).toEqual([]);
});

it('is content with a repeat', () => {
  expect(complaints('ward', [arrival(1, 'Patient/a', 1), arrival(1, 'Patient/a', 1)], 1)).toEqual([]);
});

it('names what is missing, what is too much, and what came late', () => {
  const taken = [arrival(1, 'Patient/a', 2), arrival(3, 'Patient/a', 1)];
  expect(complaints('ward', taken, 3)).toEqual([
    'ward: 1 of 3 did not arrive (first: 2)',
    'ward: Patient/a version 1 arrived after version 2',
  ]);
  expect(complaints('ward', taken, 1)).toEqual([
    'ward: 2 arrived, only 1 were expected',
    'ward: Patient/a version 1 arrived after version 2',
  ]);
});
