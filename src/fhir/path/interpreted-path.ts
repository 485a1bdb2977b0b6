// The way out for expressions that the path reader does not know (search parameters of other people): interpreted FHIRPath,
// compiled once. Some 20–100 times slower than a walk; the engine is loaded only when an expression needs it.
import type { FhirResource } from '../resource';
import { referenceTypeOf } from './reference-type';

export interface TypedNode {
  readonly node: unknown;
  /** FHIR type, without namespace. */
  readonly type: string;
}

export type Select = (resource: FhirResource) => readonly TypedNode[];

/** What the engine's own nodes show of themselves. */
interface EngineNode {
  readonly ctx: unknown;
  readonly data: unknown;
  readonly parentResNode: EngineNode | null;
  readonly constructor: {
    makeResNode(ctx: unknown, data: unknown, parent: null, path: string, hidden: null, type: string): unknown;
  };
}

function rootOf(node: EngineNode): FhirResource {
  let root = node;
  while (root.parentResNode) root = root.parentResNode;
  return root.data as FhirResource;
}

/** Stands in for the engine's resolve(), which reads targets over the network: a node of the type that the reference names. */
function resolveToType(nodes: readonly EngineNode[]): unknown[] {
  return nodes.flatMap((node) => {
    const type = referenceTypeOf(node.data, rootOf(node));
    return type ? [node.constructor.makeResNode(node.ctx, { resourceType: type }, null, type, null, type)] : [];
  });
}

/** The engine keeps numbers as objects of its own, which say of themselves what they are in JSON. */
function plainValue(value: unknown): unknown {
  const { toJSON } = (value ?? {}) as { toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON.call(value) as unknown) : value;
}

/** In: a FHIRPath expression. Out: a function from a resource to what the expression selects in it. */
export function interpretedSelect(expression: string): Select {
  /* eslint-disable @typescript-eslint/no-require-imports */
  const fhirpath = require('fhirpath') as typeof import('fhirpath');
  const model = require('fhirpath/fhir-context/r4') as import('fhirpath').Model;
  /* eslint-enable @typescript-eslint/no-require-imports */
  const run = fhirpath.compile(expression, model, {
    resolveInternalTypes: false,
    userInvocationTable: { resolve: { fn: resolveToType, arity: { 0: [] }, internalStructures: true } },
  }) as (resource: FhirResource, environment: object) => unknown[];
  return (resource) => {
    const nodes = run(resource, {});
    const types = fhirpath.types(nodes);
    return nodes.map((node, index) => ({
      node: plainValue(fhirpath.util.valData(node)),
      type: (types[index] ?? '').replace(/^\w+\./, ''),
    }));
  };
}
