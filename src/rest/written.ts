// The answers to writes, the same for plain requests and Bundle entries.
import { operationOutcome, type Issue } from '../fhir';
import { describeError } from '../platform';
import type { StoredVersion, WriteResult } from '../store';
import { etagOf } from './conditions';
import type { FhirAnswer, FhirRequest, RestDeps } from './exchange';

/** The absolute URL of one version. */
export function versionUrl(baseUrl: string, stored: StoredVersion): string {
  return `${baseUrl}/${stored.type}/${stored.id}/_history/${stored.version}`;
}

/** What there is to say about a write besides that it was done, for a client that wants an OperationOutcome. Never throws. */
export async function notesOn(deps: RestDeps, request: FhirRequest, { version }: WriteResult): Promise<string[]> {
  if (version === undefined || request.preferences.returns !== 'OperationOutcome') return [];
  const notes = (deps.writeNotes ?? []).filter(({ type }) => type === version.type);
  const answers = notes.map(async (note) => {
    try {
      return await note.about(version, request.context);
    } catch (error) {
      // Expected: the database went away. The write is committed, and whoever made it must hear so.
      deps.log.warn({ reason: describeError(error), type: version.type }, 'request.note-missing');
      return [];
    }
  });
  return (await Promise.all(answers)).flat();
}

/** Answer to a create or update: 201 with Location, or 200; the body as `Prefer` asks. */
export function writtenAnswer(request: FhirRequest, result: WriteResult, notes: readonly string[] = []): FhirAnswer {
  const stored = result.version;
  if (stored === undefined) throw new Error(`The store answered ${result.outcome} without a version`);
  const done = `${stored.type}/${stored.id} was ${result.outcome === 'created' ? 'created' : 'updated'} as version ${stored.version}.`;
  const body = writtenBody(request, stored, [told(done), ...(result.warnings ?? []), ...notes.map(told)]);
  return {
    status: result.outcome === 'created' ? 201 : 200,
    body,
    isOutcome: request.preferences.returns === 'OperationOutcome',
    etag: etagOf(stored.version),
    lastModified: stored.lastUpdated,
    location: versionUrl(request.context.baseUrl, stored),
  };
}

function writtenBody(request: FhirRequest, stored: StoredVersion, issues: readonly Issue[]): string | undefined {
  switch (request.preferences.returns) {
    case 'minimal':
      return undefined;
    case 'OperationOutcome':
      return JSON.stringify(operationOutcome(issues));
    case 'representation':
      return stored.body ?? undefined;
  }
}

/** Answer to a delete: 204, the same whether it was there or not (I-7). */
export function deletedAnswer(request: FhirRequest, result: WriteResult): FhirAnswer {
  const { type, id } = request.route;
  const version =
    result.version === undefined
      ? {}
      : { etag: etagOf(result.version.version), lastModified: result.version.lastUpdated };
  if (request.preferences.returns !== 'OperationOutcome') return { status: 204, ...version };
  const text =
    result.outcome === 'deleted' ? `${type}/${id} was deleted.` : `${type}/${id} was not there; nothing was done.`;
  return { status: 200, body: JSON.stringify(operationOutcome([told(text)])), isOutcome: true, ...version };
}

function told(text: string): Issue {
  return { severity: 'information', code: 'informational', text };
}
