// The CapabilityStatement: what is really served, no more (K-4). https://hl7.org/fhir/R4/capabilitystatement.html
import { createHash } from 'node:crypto';
import { indexedParameters } from '../../fhir';
import type { FhirDefinitions } from '../../fhir';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import type { FhirOperation } from '../operation.contract';
import { refuseParametersExcept } from '../parameters';

const instanceInteractions = ['read', 'vread', 'create', 'update', 'delete', 'history-instance', 'search-type'];
/** Stands in the precomputed text where the base URL of the request goes. */
const BASE_PLACEHOLDER = '@@base@@';

type StatementDeps = Pick<RestDeps, 'definitions' | 'config' | 'clock' | 'operations'>;

/** The statement, computed when it is first asked for; only the base URL differs from request to request. */
export class Capabilities {
  private computed: { readonly text: string; readonly tag: string } | undefined;
  private readonly startedAt: Date;

  constructor(private readonly deps: StatementDeps) {
    this.startedAt = deps.clock.now();
  }

  /** `GET metadata`: 200, or 304 when the client has it already. `mode` may be ignored (K-5). @throws FhirError 400 */
  answer(request: FhirRequest): FhirAnswer {
    refuseParametersExcept(request.parameters, 'metadata', ['mode']);
    this.computed ??= compute(this.deps, this.startedAt);
    const { text, tag } = this.computed;
    const etag = `W/"${tag}"`;
    if (request.conditions.ifNoneMatch?.includes(tag) === true) return { status: 304, etag };
    return { status: 200, body: text.replaceAll(BASE_PLACEHOLDER, request.context.baseUrl), etag };
  }
}

function compute(deps: StatementDeps, date: Date): { text: string; tag: string } {
  const text = JSON.stringify(capabilityStatement(deps, date));
  return { text, tag: createHash('sha256').update(text).digest('hex').slice(0, 16) };
}

function capabilityStatement({ definitions, config, operations }: StatementDeps, date: Date): object {
  const needsToken = config.tokens.length > 0;
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: date.toISOString(),
    kind: 'instance',
    software: { name: 'Herald' },
    implementation: { description: 'Herald FHIR server', url: BASE_PLACEHOLDER },
    fhirVersion: definitions.versionNumber,
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        documentation:
          'Unknown elements and parameters are refused, never ignored. Every committed change is announced to the Subscriptions it matches.',
        ...(needsToken && {
          security: {
            cors: config.http.corsOrigins.length > 0,
            description: 'Bearer token in the Authorization header.',
          },
        }),
        resource: definitions.resourceTypes.map((type) => resourceCapability(definitions, type, operations ?? [])),
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
      },
    ],
  };
}

function resourceCapability(definitions: FhirDefinitions, type: string, operations: readonly FhirOperation[]): object {
  const searchParam = [...indexedParameters(definitions, type).values()]
    .map(({ definition }) => definition)
    .map(({ code, type: kind, url }) => ({ name: code, definition: url, type: kind }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  // One that is called on the type and on its instances is one operation.
  const own = new Map(operations.filter((each) => each.type === type).map((each) => [each.code, each.definition]));
  const operation = [...own].map(([name, definition]) => ({ name, definition }));
  return {
    type,
    profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
    interaction: instanceInteractions.map((code) => ({ code })),
    versioning: 'versioned',
    readHistory: true,
    updateCreate: true,
    conditionalCreate: false,
    conditionalRead: 'full-support',
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
    searchParam,
    ...(operation.length > 0 && { operation }),
  };
}
