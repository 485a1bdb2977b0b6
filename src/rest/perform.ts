// From a routed request to the interaction: the one list of what this server does with a single resource or type.
import type { FhirAnswer, FhirRequest, RestDeps } from './exchange';
import type { Capabilities } from './interactions/capabilities';
import { create } from './interactions/create';
import { deleteResource } from './interactions/delete';
import { history } from './interactions/history';
import { operation } from './interactions/operation';
import { read } from './interactions/read';
import { search } from './interactions/search';
import { update } from './interactions/update';
import { vread } from './interactions/vread';
import { errorIssue, FhirError } from '../fhir';
import type { WriteKind } from './write-gate';

/** What the interactions are given, and the precomputed CapabilityStatement. */
export interface PerformDeps extends RestDeps {
  readonly capabilities: Capabilities;
}

/** Performs one interaction. A Bundle inside a Bundle is refused here. @throws FhirError as the interactions do */
export async function perform(deps: PerformDeps, request: FhirRequest): Promise<FhirAnswer> {
  deps.writeGate?.checkBacklog(kindOf(request));
  switch (request.route.interaction) {
    case 'create':
      return create(deps, request);
    case 'update':
      return update(deps, request);
    case 'read':
      return read(deps, request);
    case 'search':
      return search(deps, request);
    case 'delete':
      return deleteResource(deps, request);
    case 'vread':
      return vread(deps, request);
    case 'history':
      return history(deps, request);
    case 'capabilities':
      return deps.capabilities.answer(request);
    case 'operation':
      return operation(deps, request);
    case 'options':
      return { status: 204, headers: { Allow: request.route.allow } };
    case 'bundle':
      throw new FhirError(400, errorIssue('not-supported', 'A batch or transaction cannot stand inside another one.'));
  }
}

function kindOf({ route }: FhirRequest): WriteKind {
  const { interaction, type } = route;
  if (interaction !== 'create' && interaction !== 'update' && interaction !== 'delete') return 'none';
  return type === 'Subscription' ? 'subscription' : 'resource';
}
