// The words of the store: who writes, what is stored, what a write answers. Interactions: https://hl7.org/fhir/R4/http.html
import type { Issue, ParsedResource } from '../fhir';

/** Who writes, and under which request. */
export interface WriteContext {
  readonly tenant: string;
  /** `X-Request-ID` of the write; travels with the event to every delivery. */
  readonly requestId: string;
  /** Our own FHIR base without trailing slash: absolute references that begin with it equal relative ones. */
  readonly baseUrl: string;
  /** Name of the authenticated caller, where there is one. */
  readonly caller?: string;
  /** Written by Herald itself (status write-back); write participants may treat it differently. */
  readonly isSystemWrite?: boolean;
}

export type StoredInteraction = 'create' | 'update' | 'delete';

/** One version of a resource: the unit that is stored, and never changed afterwards. */
export interface StoredVersion {
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  /** From 1, rising by one. */
  readonly version: number;
  /** Milliseconds; later than that of the version before. */
  readonly lastUpdated: Date;
  /** `create` for version 1 and for a revival of a deleted resource. */
  readonly interaction: StoredInteraction;
  /** The resource's JSON with `id`, `meta.versionId` and `meta.lastUpdated` in place; null = deleted. */
  readonly body: string | null;
}

export interface WriteResult {
  /** `unchanged`: a repeated delete, or a delete of what never existed, or a read inside a transaction. */
  readonly outcome: 'created' | 'updated' | 'deleted' | 'unchanged';
  /** The version written; for `unchanged` the one that was there, absent when there is none. */
  readonly version?: StoredVersion;
  /** What participants want the client to know although the write succeeded. */
  readonly warnings?: readonly Issue[];
}

/** One step of a transaction. `create` may bring the id it is to get (references to it were already rewritten). */
export type StoreOperation =
  | { readonly kind: 'create'; readonly resource: ParsedResource; readonly id?: string }
  | { readonly kind: 'update'; readonly id: string; readonly resource: ParsedResource; readonly ifMatch?: number }
  | { readonly kind: 'delete'; readonly type: string; readonly id: string; readonly ifMatch?: number }
  | { readonly kind: 'read'; readonly type: string; readonly id: string };

/** What names a version. */
export interface VersionKey {
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
}

/** `Type/id/version`: the key of what `readVersions` answers. */
export function versionName(key: { readonly type: string; readonly id: string; readonly version: number }): string {
  return `${key.type}/${key.id}/${key.version}`;
}
