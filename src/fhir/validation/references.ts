// What Reference.reference may hold, and to which types it may point. http://hl7.org/fhir/R4/references.html#literal
import type { FhirDefinitions } from '../definitions';
import type { FhirResource } from '../resource';
import { isJsonObject } from '../text/parse-resource';
import { quoted } from './findings';

const RELATIVE = /^([A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?(?:#.*)?$/;
const ABSOLUTE_REST =
  /^https?:\/\/.+\/([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?(?:#.*)?$/;
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/;
const URN_UUID = /^urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?:#\S*)?$/;
const URN_OID = /^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+(?:#\S*)?$/;

/** The resource that fragments (`#id`) point into, with its contained ones looked up once: both may be many. */
export class Container {
  private types: ReadonlyMap<unknown, unknown> | undefined;

  constructor(readonly resource: FhirResource) {}

  /** The type of the contained resource with this id; undefined when there is none. */
  typeOf(id: string): string | undefined {
    this.types ??= this.readTypes();
    const type = this.types.get(id);
    return typeof type === 'string' ? type : undefined;
  }

  private readTypes(): ReadonlyMap<unknown, unknown> {
    const { contained } = this.resource;
    const resources = Array.isArray(contained) ? (contained as unknown[]).filter(isJsonObject) : [];
    return new Map(resources.map((resource) => [resource.id, resource.resourceType]));
  }
}

type Judged = { readonly type?: string } | { readonly wrong: string };

function judgeFragment(reference: string, container: Container): Judged {
  if (reference === '#') return { type: container.resource.resourceType };
  const type = container.typeOf(reference.slice(1));
  if (type !== undefined) return { type };
  return {
    wrong: `${quoted(reference)} points to no contained resource: contain one with this id, or correct the reference.`,
  };
}

function judgeAbsolute(reference: string, definitions: FhirDefinitions): Judged {
  if (reference.startsWith('urn:uuid:') && !URN_UUID.test(reference))
    return { wrong: `${quoted(reference)} is not a UUID.` };
  if (reference.startsWith('urn:oid:') && !URN_OID.test(reference))
    return { wrong: `${quoted(reference)} is not an OID.` };
  const type = ABSOLUTE_REST.exec(reference)?.[1];
  return type !== undefined && definitions.isResourceType(type) ? { type } : {};
}

/** In: a reference's text and the resource whose contained ones a fragment means. Out: the type it names, if it tells. */
function judge(reference: string, container: Container, definitions: FhirDefinitions): Judged {
  const relative = RELATIVE.exec(reference);
  if (relative) {
    const type = relative[1]!;
    if (definitions.isResourceType(type)) return { type };
    return { wrong: `${quoted(type)} is not a resource type: a reference reads Type/id.` };
  }
  if (reference.startsWith('#')) return judgeFragment(reference, container);
  if (ABSOLUTE.test(reference)) return judgeAbsolute(reference, definitions);
  if (/^[A-Za-z]+\?/.test(reference)) {
    return { wrong: `${quoted(reference)} is a conditional reference, which only a transaction can resolve.` };
  }
  return { wrong: `${quoted(reference)} is not a reference: write Type/id, an absolute URL, urn:uuid:…, or #id.` };
}

/**
 * In: a Reference, what its fragments point into, and the types its element allows (undefined = any).
 * Out: a sentence on what is wrong with `reference`, undefined when nothing is.
 */
export function referenceFault(
  reference: Record<string, unknown>,
  container: Container,
  targets: readonly string[] | undefined,
  definitions: FhirDefinitions,
): string | undefined {
  const { reference: text } = reference;
  if (typeof text !== 'string') return undefined;
  const judged = judge(text, container, definitions);
  if ('wrong' in judged) return judged.wrong;
  if (judged.type === undefined || targets === undefined || targets.includes(judged.type)) return undefined;
  return `A reference to ${judged.type} is not allowed here; allowed: ${targets.join(', ')}.`;
}
