// What a transaction will do, decided before anything is written: ids, references, operations. Every entry is checked, and all problems
// are told at once, each with its place.
import { errorIssue, FhirError, rewriteReferences } from '../fhir';
import type { BundleEntry, Issue } from '../fhir';
import { uuidv7 } from '../platform';
import type { StoreOperation } from '../store';
import { atEntry, entryRequest } from './bundle-entry';
import { expectedVersion, refuseIfNoneExist, refuseIfNoneMatch } from './conditions';
import { resolveConditionalReferences } from './conditional-references';
import type { FhirRequest, RestDeps } from './exchange';
import { checkUpdateIdentity, incomingResource, limitIssues } from './incoming-resource';
import { refuseParametersExcept } from './parameters';
import { searchRequest } from './search-request';

/** One entry on its way. */
export interface Step {
  readonly entry: BundleEntry;
  readonly request: FhirRequest;
  /** The id the resource has or will get; empty for searches. */
  readonly id: string;
  /** What the store does for it; absent for a search, which is run after the commit. */
  operation?: StoreOperation;
}

/** @throws FhirError with every problem found, named by Bundle.entry[i]; the status is the first one's */
export async function planTransaction(
  deps: RestDeps,
  request: FhirRequest,
  entries: readonly BundleEntry[],
): Promise<Step[]> {
  const steps = collect(
    entries,
    (entry) => entry,
    (entry) => stepOf(deps, request, entry),
  );
  refuseDuplicates(steps);
  const targets = await resolveConditionalReferences(deps, request, entries);
  for (const { entry, request: own, id } of steps) {
    if (entry.fullUrl !== undefined && id !== '') targets.set(entry.fullUrl, `${own.route.type}/${id}`);
  }
  collect(
    steps,
    (step) => step.entry,
    (step) => {
      step.operation = operationOf(deps, step, targets);
    },
  );
  await refuseMissingReads(deps, steps);
  return steps;
}

function stepOf(deps: RestDeps, bundle: FhirRequest, entry: BundleEntry): Step {
  const request = entryRequest(deps.definitions, bundle, entry);
  const { interaction, id } = request.route;
  switch (interaction) {
    case 'create':
      return { entry, request, id: uuidv7(deps.clock.now()) };
    case 'update':
    case 'delete':
    case 'read':
      return { entry, request, id };
    case 'search':
      // Parsed here so that a search that cannot be run fails the transaction before it writes.
      searchRequest(deps.definitions, request);
      return { entry, request, id: '' };
    default: {
      const text = `${interaction} is not supported inside a transaction; ask for it before or afterwards.`;
      throw new FhirError(400, errorIssue('not-supported', text));
    }
  }
}

/** The same resource may be written once only (B-4). */
function refuseDuplicates(steps: readonly Step[]): void {
  const places = new Map<string, number>();
  const names = new Map<string, number>();
  for (const { entry, request, id } of steps) {
    const { interaction, type } = request.route;
    if (interaction === 'read' || interaction === 'search') continue;
    const { fullUrl } = entry;
    const sameName = fullUrl === undefined ? undefined : names.get(fullUrl);
    const same = places.get(`${type}/${id}`) ?? sameName;
    if (same !== undefined) {
      const what = sameName === undefined ? `${type}/${id}` : `the fullUrl ${fullUrl?.slice(0, 100)}`;
      const text = `${what} stands in Bundle.entry[${same}] already; a transaction may change a resource only once.`;
      throw atEntry(new FhirError(400, errorIssue('duplicate', text)), entry);
    }
    places.set(`${type}/${id}`, entry.index);
    if (fullUrl !== undefined) names.set(fullUrl, entry.index);
  }
}

function operationOf(deps: RestDeps, step: Step, targets: ReadonlyMap<string, string>): StoreOperation | undefined {
  const { request, id } = step;
  const { interaction, type } = request.route;
  if (interaction === 'search') return undefined;
  refuseParametersExcept(request.parameters, interaction, []);
  if (interaction === 'read') return { kind: 'read', type, id };
  refuseIfNoneMatch(request.conditions);
  refuseIfNoneExist(request.conditions);
  if (interaction === 'delete')
    return { kind: 'delete', type, id, ifMatch: expectedVersion(request.conditions.ifMatch) };
  const { resource: sent } = step.entry;
  const payload = sent === undefined ? undefined : rewriteReferences(sent, targets, deps.definitions);
  const resource = incomingResource(deps.definitions, { ...request, payload });
  if (interaction === 'create') return { kind: 'create', resource, id };
  checkUpdateIdentity(resource, type, id);
  return { kind: 'update', id, resource, ifMatch: expectedVersion(request.conditions.ifMatch) };
}

/** A read that cannot succeed fails the whole transaction, so it is tried before anything is written. */
async function refuseMissingReads(deps: RestDeps, steps: readonly Step[]): Promise<void> {
  const written = new Set<string>();
  for (const { operation, request, id } of steps) {
    if (operation?.kind === 'create' || operation?.kind === 'update') written.add(`${request.route.type}/${id}`);
  }
  for (const { operation, request, entry } of steps) {
    if (operation?.kind !== 'read' || written.has(`${operation.type}/${operation.id}`)) continue;
    const stored = await deps.store.read(request.context.tenant, operation.type, operation.id);
    if (stored?.body != null) continue;
    const [status, code] = stored === undefined ? ([404, 'not-found'] as const) : ([410, 'deleted'] as const);
    const text = `There is no ${operation.type}/${operation.id} to read.`;
    throw atEntry(new FhirError(status, errorIssue(code, text)), entry);
  }
}

/** Runs `work` for every item and throws one error with the issues of all that failed. */
function collect<T, R>(items: readonly T[], entryOf: (item: T) => BundleEntry, work: (item: T) => R): R[] {
  const results: R[] = [];
  const issues: Issue[] = [];
  let first: FhirError | undefined;
  for (const item of items) {
    try {
      results.push(work(item));
    } catch (error) {
      // A refusal is kept and named by its place; anything else is a fault of ours and ends the work.
      if (!(error instanceof FhirError)) throw error;
      const named = atEntry(error, entryOf(item));
      first ??= named;
      issues.push(...named.issues);
    }
  }
  if (first !== undefined) throw new FhirError(first.status, limitIssues(issues), first.headers);
  return results;
}
