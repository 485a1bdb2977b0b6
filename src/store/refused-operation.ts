// Which operation of a transaction was refused: a side note to the error, for whoever must name the place to the client.
import { FhirError } from '../fhir';

const places = new WeakMap<FhirError, number>();

/** Runs a piece of one operation's work; a refusal thrown by it is noted with the operation's place, and thrown on. */
export async function atOperation<T>(index: number, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A refusal of this operation; anything else concerns the whole transaction.
    if (error instanceof FhirError) places.set(error, index);
    throw error;
  }
}

/** The place (from 0) of the operation that `ResourceStore.transaction` refused with this error; undefined when no single one is to blame. */
export function refusedOperation(error: unknown): number | undefined {
  return error instanceof FhirError ? places.get(error) : undefined;
}
