// The CapabilityStatement: what is really served, no more (K-4). https://hl7.org/fhir/R4/capabilitystatement.html
import { createHash } from 'node:crypto';
import { COMPARTMENTS, indexedParameters, referenceParameters } from '../../fhir';
import type { FhirDefinitions, IndexedParameter } from '../../fhir';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import type { FhirOperation } from '../operation.contract';
import { refuseParametersExcept } from '../parameters';

const instanceInteractions = ['read', 'vread', 'create', 'update', 'delete', 'history-instance', 'search-type'];
/** Stands in the precomputed text where the base URL of the request goes. */
const BASE_PLACEHOLDER = '@@base@@';

type StatementDeps = Pick<RestDeps, 'definitions' | 'config' | 'clock' | 'operations'>;

interface Computed {
  readonly text: string;
  readonly tag: string;
  /** Of the search parameters of one's own that it tells of. */
  readonly revision: number;
}

/** The statement, computed when it is first asked for, and when search parameters were added; only the base URL differs from request to request. */
export class Capabilities {
  private computed: Computed | undefined;
  private readonly startedAt: Date;

  constructor(private readonly deps: StatementDeps) {
    this.startedAt = deps.clock.now();
  }

  /** `GET metadata`: 200, or 304 when the client has it already. `mode` may be ignored (K-5). @throws FhirError 400 */
  answer(request: FhirRequest): FhirAnswer {
    refuseParametersExcept(request.parameters, 'metadata', ['mode']);
    const revision = this.deps.definitions.custom?.revision() ?? 0;
    if (this.computed?.revision !== revision) this.computed = compute(this.deps, this.startedAt, revision);
    const { text, tag } = this.computed;
    const etag = `W/"${tag}"`;
    if (request.conditions.ifNoneMatch?.includes(tag) === true) return { status: 304, etag };
    return { status: 200, body: text.replaceAll(BASE_PLACEHOLDER, request.context.baseUrl), etag };
  }
}

function compute(deps: StatementDeps, date: Date, revision: number): Computed {
  const text = JSON.stringify(capabilityStatement(deps, date));
  return { text, revision, tag: createHash('sha256').update(text).digest('hex').slice(0, 16) };
}

function capabilityStatement({ definitions, config, operations }: StatementDeps, date: Date): object {
  const needsToken = config.tokens.length > 0;
  const references = referencesOf(definitions);
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
          'Unknown elements and parameters are refused, never ignored. Every committed change is announced to the Subscriptions it matches. [reference]:identifier finds references that name the identifier and, beyond the specification, those to a resource that has it.',
        ...(needsToken && {
          security: {
            cors: config.http.corsOrigins.length > 0,
            description: 'Bearer token in the Authorization header.',
          },
        }),
        resource: definitions.resourceTypes.map((type) =>
          resourceCapability(definitions, type, references, operations ?? []),
        ),
        interaction: [{ code: 'transaction' }, { code: 'batch' }, { code: 'search-system' }],
        searchParam: searchParams(commonParameters(definitions)),
        compartment: COMPARTMENTS.map((name) => `http://hl7.org/fhir/CompartmentDefinition/${name.toLowerCase()}`),
      },
    ],
  };
}

function searchParams(parameters: Iterable<IndexedParameter>): object[] {
  return [...parameters]
    .map(({ definition }) => definition)
    .map(({ code, type, url }) => ({ name: code, definition: url, type }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a search of all types takes: the parameters that every type has. */
function commonParameters(definitions: FhirDefinitions): IndexedParameter[] {
  const [first = '', ...others] = definitions.resourceTypes;
  const all = others.map((type) => indexedParameters(definitions, type));
  return [...indexedParameters(definitions, first).values()].filter(({ definition: { code, type } }) =>
    all.every((parameters) => parameters.get(code)?.definition.type === type),
  );
}

function namesOf(references: readonly Reference[]): string[] {
  return references.map(({ name }) => name);
}

interface Reference {
  /** As `_include` and `_revinclude` name it. */
  readonly name: string;
  readonly source: string;
  /** Undefined: any type. */
  readonly targets: readonly string[] | undefined;
}

function referencesOf(definitions: FhirDefinitions): Reference[] {
  return definitions.resourceTypes.flatMap((source) =>
    referenceParameters(definitions, source).map(({ definition: { code, targets } }) => ({
      name: `${source}:${code}`,
      source,
      targets,
    })),
  );
}

function resourceCapability(
  definitions: FhirDefinitions,
  type: string,
  references: readonly Reference[],
  operations: readonly FhirOperation[],
): object {
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
    searchInclude: ['*', ...namesOf(references.filter(({ source }) => source === type))],
    searchRevInclude: namesOf(references.filter(({ targets }) => targets?.includes(type) ?? true)),
    searchParam: searchParams(indexedParameters(definitions, type).values()),
    ...(operation.length > 0 && { operation }),
  };
}
