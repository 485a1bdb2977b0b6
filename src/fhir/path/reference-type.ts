// Which resource type a Reference points to, without reading the target: what `resolve() is T` means for an index.
import type { FhirResource } from '../resource';

const restful = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

function containedType(fragment: string, root: FhirResource): string | undefined {
  const contained = root['contained'];
  if (!Array.isArray(contained)) return undefined;
  return (contained as FhirResource[]).find((resource) => resource?.id === fragment)?.resourceType;
}

function typeOf(reference: { reference?: unknown; type?: unknown }, root: FhirResource): unknown {
  const literal = reference.reference;
  if (typeof literal !== 'string') return undefined;
  const slash = literal.indexOf('/');
  // Almost every reference is `Type/id`.
  if (slash > 0 && literal.indexOf('/', slash + 1) < 0 && !literal.includes(':')) return literal.slice(0, slash);
  if (literal.startsWith('#')) return containedType(literal.slice(1), root);
  return restful.exec(literal)?.[1] ?? reference.type;
}

/** True when the node is a Reference with a literal `reference` to that type; a display or an identifier resolves to nothing. */
export function referenceResolvesTo(node: unknown, type: string, root: FhirResource): boolean {
  return typeof node === 'object' && node !== null && typeOf(node, root) === type;
}
