// batch: every entry on its own; one that fails answers with its own status and OperationOutcome and stops nobody (B-9).
import type { BundleEntry } from '../../fhir';
import { FhirError } from '../../fhir';
import { atEntry, entryRequest, responseEntryText } from '../bundle-entry';
import { bundleText } from '../bundle-text';
import type { FhirAnswer, FhirRequest } from '../exchange';
import { BATCH_CONCURRENCY } from '../limits';
import { errorAnswer } from '../outcome.filter';
import { perform } from '../perform';
import type { PerformDeps } from '../perform';

/** Performs the entries, a few side by side, and answers in their order. */
export async function batch(
  deps: PerformDeps,
  request: FhirRequest,
  entries: readonly BundleEntry[],
): Promise<FhirAnswer> {
  const texts = new Array<string>(entries.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < entries.length; index = next++) {
      const entry = entries[index];
      if (entry !== undefined) texts[index] = responseEntryText(await answerEntry(deps, request, entry));
    }
  };
  await Promise.all(Array.from({ length: Math.min(BATCH_CONCURRENCY, entries.length) }, work));
  return { status: 200, body: bundleText({ type: 'batch-response' }, texts) };
}

async function answerEntry(deps: PerformDeps, request: FhirRequest, entry: BundleEntry): Promise<FhirAnswer> {
  try {
    return await perform(deps, entryRequest(deps.definitions, request, entry));
  } catch (error) {
    // Whatever went wrong belongs to this entry alone; what is unexpected is logged on the way.
    const named = error instanceof FhirError ? atEntry(error, entry) : error;
    return errorAnswer(named, deps.log, request.context.requestId);
  }
}
