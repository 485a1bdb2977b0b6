// Which resource type a Reference points to, without reading the target: what `resolve() is T` means for an index.
import type { FhirResource } from '../resource';

const restful = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

function containedType(fragment: string, root: FhirResource): string | undefined {
  const contained = root['contained'];
  if (!Array.isArray(contained)) return undefined;
  return (contained as FhirResource[]).find((resource) => resource?.id === fragment)?.resourceType;
}

/**
 * In: a node of a resource, and that resource. Out: the type of what its literal `reference` points to, or that it says itself beside a
 * logical identifier; undefined when it is no Reference or does not say (a display and a bare urn resolve to nothing).
 */
export function referenceTypeOf(node: unknown, root: FhirResource): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { reference: literal, type, identifier } = node as Record<string, unknown>;
  if (typeof literal !== 'string') return identifier !== undefined && typeof type === 'string' ? type : undefined;
  const slash = literal.indexOf('/');
  // Almost every reference is `Type/id`.
  if (slash > 0 && literal.indexOf('/', slash + 1) < 0 && !literal.includes(':')) return literal.slice(0, slash);
  if (literal.startsWith('#')) return containedType(literal.slice(1), root);
  return restful.exec(literal)?.[1] ?? (typeof type === 'string' ? type : undefined);
}
