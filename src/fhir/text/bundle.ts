// Reads a batch or transaction Bundle: each entry's resource keeps its own slice of the Bundle's text.
// http://hl7.org/fhir/R4/http.html#transaction
import { fhirLimits } from '../limits';
import type { IssueCode } from '../outcome/codes';
import { errorIssue, FhirError } from '../outcome/outcome';
import type { FhirResource } from '../resource';
import { items, members, type Member } from './json-spans';
import { isJsonObject, type ParsedResource } from './parse-resource';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type BundleMethod = (typeof METHODS)[number];
const WITH_RESOURCE: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

export interface BundleEntry {
  /** Position in Bundle.entry, from 0. */
  readonly index: number;
  readonly fullUrl?: string;
  readonly method: BundleMethod;
  /** `request.url` as given: relative to the base, or absolute. */
  readonly url: string;
  readonly resource?: ParsedResource;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly ifModifiedSince?: string;
  readonly ifNoneExist?: string;
}

export interface ReadBundle {
  readonly type: 'batch' | 'transaction';
  readonly entries: BundleEntry[];
}

function refuse(code: IssueCode, text: string, expression: string): FhirError {
  return new FhirError(400, errorIssue(code, text, expression));
}

function textOf(source: Record<string, unknown>, name: string, path: string): string | undefined {
  const value = source[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw refuse('structure', `${name} must be a string that is not empty.`, `${path}.${name}`);
}

function required(source: Record<string, unknown>, name: string, path: string): string {
  const value = textOf(source, name, path);
  if (value === undefined)
    throw refuse('required', `${name} is missing: say what the entry asks for.`, `${path}.${name}`);
  return value;
}

function methodOf(request: Record<string, unknown>, path: string): BundleMethod {
  const method = required(request, 'method', path);
  const known = METHODS.find((candidate) => candidate === method);
  if (known) return known;
  throw refuse('value', `The method must be one of ${METHODS.join(', ')}, in capitals.`, `${path}.method`);
}

function resourceOf(entry: Record<string, unknown>, span: Member | undefined, bundle: string, path: string) {
  const value = entry.resource;
  if (value === undefined || span === undefined) return undefined;
  if (!isJsonObject(value)) throw refuse('structure', 'The resource must be a JSON object.', `${path}.resource`);
  const type = value.resourceType;
  if (typeof type !== 'string' || type === '') {
    throw refuse('structure', 'The resource has no resourceType. Name its type.', `${path}.resource`);
  }
  return { text: bundle.slice(span.valueStart, span.end), value: value as FhirResource, type };
}

function memberOf(text: string, open: number, name: string): Member | undefined {
  for (const member of members(text, open)) if (member.name === name) return member;
  return undefined;
}

function readEntry(entry: unknown, index: number, text: string, start: number): BundleEntry {
  const path = `Bundle.entry[${index}]`;
  if (!isJsonObject(entry)) throw refuse('structure', 'An entry must be a JSON object.', path);
  if (entry.request === undefined) {
    throw refuse('required', 'request is missing: every entry of a batch or transaction needs one.', `${path}.request`);
  }
  const { request } = entry;
  if (!isJsonObject(request)) throw refuse('structure', 'request must be a JSON object.', `${path}.request`);
  const requestPath = `${path}.request`;
  const method = methodOf(request, requestPath);
  const span = entry.resource === undefined ? undefined : memberOf(text, start, 'resource');
  const resource = resourceOf(entry, span, text, path);
  if (!resource && WITH_RESOURCE.has(method)) {
    throw refuse('required', `A ${method} entry needs a resource.`, `${path}.resource`);
  }
  return {
    index,
    fullUrl: textOf(entry, 'fullUrl', path),
    method,
    url: required(request, 'url', requestPath),
    resource,
    ifMatch: textOf(request, 'ifMatch', requestPath),
    ifNoneMatch: textOf(request, 'ifNoneMatch', requestPath),
    ifModifiedSince: textOf(request, 'ifModifiedSince', requestPath),
    ifNoneExist: textOf(request, 'ifNoneExist', requestPath),
  };
}

function bundleType(bundle: FhirResource): 'batch' | 'transaction' {
  if (bundle.resourceType !== 'Bundle') {
    throw refuse(
      'structure',
      'Only a Bundle can be posted to the base. Post a resource to its type.',
      bundle.resourceType,
    );
  }
  const { type } = bundle;
  if (type === 'batch' || type === 'transaction') return type;
  if (type === undefined) throw refuse('required', 'type is missing: batch or transaction.', 'Bundle.type');
  throw refuse('value', 'Only a Bundle of type batch or transaction can be posted to the base.', 'Bundle.type');
}

/**
 * In: a parsed Bundle. Out: its type and its entries in order; an entry's resource is a slice of the Bundle's text, not
 * yet validated. Throws FhirError 400 naming the element (`Bundle.entry[3].request.method`) when the Bundle is not one of
 * the two types, an entry lacks request, method, url or a needed resource, or there are more than
 * `fhirLimits.bundleEntriesMax` entries.
 */
export function readBundle(parsed: ParsedResource): ReadBundle {
  const type = bundleType(parsed.value);
  const { entry } = parsed.value;
  if (entry === undefined) return { type, entries: [] };
  if (!Array.isArray(entry)) throw refuse('structure', 'entry must be an array.', 'Bundle.entry');
  if (entry.length > fhirLimits.bundleEntriesMax) {
    const text = `A Bundle may have ${fhirLimits.bundleEntriesMax} entries, this one has ${entry.length}. Split it.`;
    throw new FhirError(413, errorIssue('too-long', text, 'Bundle.entry'));
  }
  const list = memberOf(parsed.text, 0, 'entry')!;
  const spans = items(parsed.text, list.valueStart);
  const entries = entry.map((item: unknown, index) => {
    const span = spans.next().value as { start: number };
    return readEntry(item, index, parsed.text, span.start);
  });
  return { type, entries };
}
