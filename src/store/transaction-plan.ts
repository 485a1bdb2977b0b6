// What a transaction is going to do, before it touches the database. Pure. Rules: https://hl7.org/fhir/R4/http.html#trules
import type { FhirResource, ParsedResource } from '../fhir';
import { groupBy } from '../platform';
import { writtenTwice } from './preconditions';
import type { StoredVersion, StoreOperation } from './resource-version';

/** Under the row lock: the new resource, or undefined to leave it as it is. */
export type Revision = (current: StoredVersion, resource: FhirResource) => FhirResource | undefined;

/** One step; a `revise` is an update whose body is made from the locked version. */
export interface Step {
  /** Place of the operation in the transaction. */
  readonly index: number;
  readonly kind: 'create' | 'update' | 'delete' | 'revise' | 'read';
  readonly type: string;
  readonly id: string;
  readonly resource?: ParsedResource;
  readonly ifMatch?: number;
  readonly revise?: Revision;
}

export type RoadOperation = StoreOperation | { kind: 'revise'; type: string; id: string; revise: Revision };

export const stepName = (step: { readonly type: string; readonly id: string }): string => `${step.type}/${step.id}`;

/** In: operations in entry order. Throws FhirError 400 when one resource is written twice; reading what is written is fine. */
export function planSteps(operations: readonly RoadOperation[], newId: () => string): Step[] {
  const steps = operations.map((operation, index) => stepOf(operation, index, newId));
  const writers = new Map<string, number>();
  for (const step of steps) {
    if (step.kind === 'read') continue;
    const first = writers.get(stepName(step));
    if (first !== undefined) throw writtenTwice(stepName(step), first, step.index);
    writers.set(stepName(step), step.index);
  }
  return steps;
}

function stepOf(operation: RoadOperation, index: number, newId: () => string): Step {
  switch (operation.kind) {
    case 'create':
      return { ...operation, index, type: operation.resource.type, id: operation.id ?? newId() };
    case 'update':
      return { ...operation, index, type: operation.resource.type };
    case 'delete':
    case 'revise':
    case 'read':
      return { ...operation, index };
  }
}

/** Ids per type, both sorted as the database sorts them (ids and type names are ASCII): the one order in which rows are locked. */
export function lockOrder(steps: readonly Step[]): { type: string; ids: string[] }[] {
  const byType = groupBy(steps, (step) => step.type);
  return [...byType.keys()].sort().map((type) => ({
    type,
    ids: byType
      .get(type)!
      .map((step) => step.id)
      .sort(),
  }));
}
