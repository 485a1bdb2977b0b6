// transaction: all entries or none. https://hl7.org/fhir/R4/http.html#transaction. The store does the atomic part; this file hands it the
// entries as operations and turns its results into answers.
import { errorIssue, FhirError } from '../../fhir';
import type { BundleEntry } from '../../fhir';
import { refusedOperation } from '../../store';
import type { WriteResult } from '../../store';
import { atEntry, responseEntryText } from '../bundle-entry';
import { bundleText } from '../bundle-text';
import type { FhirAnswer, FhirRequest } from '../exchange';
import { errorAnswer } from '../outcome.filter';
import { perform } from '../perform';
import type { PerformDeps } from '../perform';
import { planTransaction } from '../transaction-plan';
import type { Step } from '../transaction-plan';
import { deletedAnswer, writtenAnswer } from '../written';
import { readAnswer } from './read';

/** @throws FhirError naming Bundle.entry[i]; then nothing was written */
export async function transaction(
  deps: PerformDeps,
  request: FhirRequest,
  entries: readonly BundleEntry[],
): Promise<FhirAnswer> {
  deps.writeGate?.checkTransaction(entries);
  const steps = await deps.store.understood(() => planTransaction(deps, request, entries));
  const results = await store(deps, request, steps);
  let position = 0;
  const texts: string[] = [];
  for (const step of steps) {
    const result = step.operation === undefined ? undefined : results[position++];
    texts.push(responseEntryText(await answerOf(deps, step, result)));
  }
  return { status: 200, body: bundleText({ type: 'transaction-response' }, texts) };
}

/** Results of the steps that have an operation, in their order. */
async function store(deps: PerformDeps, request: FhirRequest, steps: readonly Step[]): Promise<WriteResult[]> {
  const working = steps.filter((step) => step.operation !== undefined);
  if (working.length === 0) return [];
  const operations = working.flatMap(({ operation }) => operation ?? []);
  try {
    return await deps.store.transaction(request.context, operations);
  } catch (error) {
    // A veto or an If-Match that does not fit: told with the entry it concerns.
    const refused = working[refusedOperation(error) ?? -1];
    throw refused !== undefined && error instanceof FhirError ? atEntry(error, refused.entry) : error;
  }
}

async function answerOf(deps: PerformDeps, step: Step, result: WriteResult | undefined): Promise<FhirAnswer> {
  switch (step.request.route.interaction) {
    case 'create':
    case 'update':
      return writtenAnswer(step.request, resultOf(result));
    case 'delete':
      return deletedAnswer(step.request, resultOf(result));
    case 'read':
      return afterCommit(deps, step, async () => readAnswer(step.request, resultOf(result).version));
    default:
      return afterCommit(deps, step, () => perform(deps, step.request));
  }
}

/** What is read after the commit can only fail by itself: the writes stand, so the entry alone says what happened. */
async function afterCommit(deps: PerformDeps, step: Step, answer: () => Promise<FhirAnswer>): Promise<FhirAnswer> {
  try {
    return await answer();
  } catch (error) {
    // A resource deleted between the check and the commit, or a database that went away after it.
    return errorAnswer(error, deps.log, step.request.context.requestId);
  }
}

function resultOf(result: WriteResult | undefined): WriteResult {
  if (result === undefined) throw new FhirError(500, errorIssue('exception', 'The store gave no result for an entry.'));
  return result;
}
