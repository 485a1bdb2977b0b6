// From bytes to a resource whose text is kept: what is stored later is the client's own text, not a re-serialisation.
// JSON form of resources: http://hl7.org/fhir/R4/json.html
import { fhirLimits } from '../limits';
import { errorIssue, FhirError } from '../outcome/outcome';
import type { FhirResource } from '../resource';
import { pathAt, scanJson } from './scan';
import { findSyntaxFault } from './syntax-error';

export interface ParsedResource {
  /** The JSON text of the resource, from its `{` to its `}`, exactly as the client wrote it. */
  readonly text: string;
  /** The same, parsed. Not to be changed: text and value belong together. */
  readonly value: FhirResource;
  /** `value.resourceType`. Not yet known to be a FHIR type: validation tells. */
  readonly type: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function refuse(text: string, expression?: string): FhirError {
  return new FhirError(400, errorIssue('structure', text, expression));
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    // Expected for bytes that are not UTF-8; nothing else makes decode throw.
    throw refuse('The body is not valid UTF-8. Send FHIR JSON encoded as UTF-8.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Expected for a text that is not JSON; our own reader says where.
    const fault = findSyntaxFault(text);
    throw refuse(`The body is not JSON: at line ${fault.line}, column ${fault.column}, ${fault.what}.`);
  }
}

/** True for what JSON calls an object. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * In: the bytes of a body, or its text. Out: the resource, with its text trimmed of white space (and a byte-order mark)
 * around it. Throws FhirError 400 for invalid UTF-8, broken JSON (naming line and column), anything but an object, a
 * missing resourceType, a property name given twice (naming its path), or nesting deeper than `limits.depthMax`.
 */
export function parseResource(bytes: Buffer | string, limits: { depthMax?: number } = {}): ParsedResource {
  const decoded = typeof bytes === 'string' ? bytes : decode(bytes);
  const value = parseJson(decoded);
  if (!isJsonObject(value)) throw refuse('The body is not a JSON object. Send one FHIR resource.');
  const text = decoded.trim();
  const depthMax = limits.depthMax ?? fhirLimits.jsonDepthMax;
  const finding = scanJson(text, depthMax);
  const type = value.resourceType;
  const root = typeof type === 'string' ? type : 'Resource';
  if (finding?.kind === 'depth') throw refuse(`The body nests deeper than ${depthMax} levels. Flatten it.`, root);
  if (finding) {
    const path = pathAt(text, finding.at, root);
    throw refuse(`The property ${path} is given twice. Keep one of them, or make it one array.`, path);
  }
  if (typeof type !== 'string' || type === '') {
    throw refuse('The body has no resourceType. Name the type of the resource: "resourceType": "Patient".');
  }
  return { text, value: value as FhirResource, type };
}

/** A resource the server itself made: its text is what JSON.stringify gives. */
export function resourceFromValue(value: FhirResource): ParsedResource {
  return { text: JSON.stringify(value), value, type: value.resourceType };
}
