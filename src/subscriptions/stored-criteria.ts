// Whether the criteria of a stored Subscription can be evaluated by this process.
import { FhirError, parseCriteria, type FhirDefinitions } from '../fhir';
import type { Database, Tx } from '../platform';
import type { Incarnation } from './incarnation';

/** Hears of search parameters of one's own that other processes have added; out: whether there were any. */
export type Learn = (tx: Tx) => Promise<boolean>;

interface StoredCriteriaDeps {
  readonly database: Database;
  /** Those that stored criteria are read with. */
  readonly definitions: FhirDefinitions;
  readonly learn?: Learn;
}

/** What is wrong with them; undefined when nothing is. */
export async function problemOfStored(deps: StoredCriteriaDeps, incarnation: Incarnation): Promise<string | undefined> {
  const problem = problemOf(deps.definitions, incarnation);
  if (problem === undefined || !(await deps.learn?.(deps.database))) return problem;
  return problemOf(deps.definitions, incarnation);
}

function problemOf(definitions: FhirDefinitions, incarnation: Incarnation): string | undefined {
  try {
    parseCriteria(definitions, incarnation.criteria, incarnation);
    return undefined;
  } catch (error) {
    // Expected: criteria accepted by another version of Herald that this one cannot evaluate.
    if (error instanceof FhirError) return error.message;
    throw error;
  }
}
