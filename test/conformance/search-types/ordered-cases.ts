// Lines of a table for values that are compared by order: a value, and the prefixes that hold.
import { searchPrefixes } from '../../../src/fhir/search/prefixes';
import type { TruthCase } from './truth-table';

/** In: `value: prefixes that hold`. Out: a case for each of the nine prefixes. */
export function casesOf(parameter: string, lines: Readonly<Record<string, string>>): TruthCase[] {
  return Object.entries(lines).flatMap(([value, holding]) =>
    searchPrefixes.map((prefix): TruthCase => [
      `${parameter}=${prefix}${value.replace('+', '%2B')}`,
      holding.split(' ').includes(prefix),
    ]),
  );
}
