// Which resource type a Reference points to, without reading the target: what `resolve() is T` means for an index.
import type { FhirResource } from '../resource';

const restful = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

function containedType(fragment: string, root: FhirResource): string | undefined {
  const contained = root['contained'];
  if (!Array.isArray(contained)) return undefined;
  return (contained as FhirResource[]).find((resource) => resource?.id === fragment)?.resourceType;
}

/**
 * In: a node of a resource, and that resource. Out: the type of what its literal `reference` points to; undefined when it
 * is no Reference or does not say (a display, an identifier and a bare urn resolve to nothing).
 */
export function referenceTypeOf(node: unknown, root: FhirResource): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { reference: literal, type } = node as { reference?: unknown; type?: unknown };
  if (typeof literal !== 'string') return undefined;
  const slash = literal.indexOf('/');
  // Almost every reference is `Type/id`.
  if (slash > 0 && literal.indexOf('/', slash + 1) < 0 && !literal.includes(':')) return literal.slice(0, slash);
  if (literal.startsWith('#')) return containedType(literal.slice(1), root);
  return restful.exec(literal)?.[1] ?? (typeof type === 'string' ? type : undefined);
}
