// What a resource becomes before it is written: everything that does not depend on the row that is there. Pure.
import {
  indexEntries,
  orderingRoot,
  spliceIdentity,
  type FhirDefinitions,
  type FhirResource,
  type ParsedResource,
  type SplicedBody,
} from '../fhir';
import { hash53 } from '../platform';
import type { WriteContext } from './resource-version';
import { indexRow, type IndexRow } from './search/columns';

export interface Draft {
  readonly type: string;
  readonly id: string;
  readonly body: SplicedBody;
  /** Bytes of the stored body without the digits of its version. */
  readonly bytes: number;
  readonly root: string;
  readonly rootHash: number;
  /** Patient only, and only where there are such links: what they point to. */
  readonly replacedBy: readonly string[] | null;
  readonly index: IndexRow;
}

/** `","lastUpdated":"` and an ISO instant with milliseconds. */
const BETWEEN_BYTES = 17 + 24;

/** In: a validated resource and the id it is stored under. */
export function draftOf(
  definitions: FhirDefinitions,
  context: Pick<WriteContext, 'baseUrl'>,
  resource: ParsedResource,
  id: string,
): Draft {
  const { type } = resource;
  const value: FhirResource = resource.value.id === id ? resource.value : { ...resource.value, id };
  const body = spliceIdentity(resource, id);
  const root = orderingRoot(definitions, value, context);
  return {
    type,
    id,
    body,
    bytes: Buffer.byteLength(body.head) + Buffer.byteLength(body.tail) + BETWEEN_BYTES,
    root,
    rootHash: hash53(root),
    replacedBy: type === 'Patient' ? replacedBy(value) : null,
    index: indexRow(indexEntries(definitions, value, { baseUrl: context.baseUrl })),
  };
}

interface PatientLink {
  type?: unknown;
  other?: { reference?: unknown };
}

/** Targets of a Patient's `replaced-by` links, null when there is none. A link without a literal reference counts by its text. */
export function replacedBy(patient: FhirResource): string[] | null {
  const links = Array.isArray(patient.link) ? (patient.link as PatientLink[]) : [];
  const targets = links
    .filter((link) => link.type === 'replaced-by')
    .map((link) =>
      typeof link.other?.reference === 'string' ? link.other.reference : JSON.stringify(link.other ?? null),
    );
  return targets.length > 0 ? [...new Set(targets)].sort() : null;
}

/** True when an update newly says that the patient was replaced: it names a target the version before did not. */
export function isMerge(before: readonly string[] | null, after: readonly string[] | null): boolean {
  return after !== null && after.some((target) => !(before ?? []).includes(target));
}
