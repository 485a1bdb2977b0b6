// Which interaction a method and a path ask for: https://hl7.org/fhir/R4/http.html#summary. One meaning, used for HTTP requests and for
// Bundle entries alike. Pure.
import { COMPARTMENTS, errorIssue, FhirError, isCompartment } from '../fhir';
import type { CompartmentName, FhirDefinitions, IssueCode } from '../fhir';
import type { FhirOperation } from './operation.contract';

export type Interaction =
  | 'capabilities'
  | 'bundle'
  | 'search'
  | 'create'
  | 'read'
  | 'update'
  | 'delete'
  | 'history'
  | 'vread'
  | 'operation'
  | 'options';

export interface Route {
  readonly interaction: Interaction;
  /** Empty for system-level interactions. */
  readonly type: string;
  readonly id: string;
  /** search only: asks for what belongs to this resource; `type` is then empty for all types. */
  readonly compartment?: { readonly name: CompartmentName; readonly id: string };
  /** vread only. */
  readonly version: number;
  /** options only: the methods that the address takes. */
  readonly allow: string;
  /** operation only: its name, with the `$`. */
  readonly operation?: string;
  /** operation only: asked for by GET. */
  readonly isGet?: boolean;
}

/** The operation of this name on this type itself, or on its instances, if there is one. */
export type LookUpOperation = (
  type: string,
  name: string,
  level: FhirOperation['level'],
) => Pick<FhirOperation, 'isReadOnly'> | undefined;

const knowsNone: LookUpOperation = () => undefined;

const idSyntax = /^[A-Za-z0-9\-.]{1,64}$/;
const versionSyntax = /^[1-9][0-9]{0,8}$/;

const allowed = {
  base: 'GET, HEAD, POST, OPTIONS',
  metadata: 'GET, HEAD, OPTIONS',
  type: 'GET, HEAD, POST, OPTIONS',
  search: 'POST, OPTIONS',
  instance: 'GET, HEAD, PUT, DELETE, OPTIONS',
  history: 'GET, HEAD, OPTIONS',
  compartment: 'GET, HEAD, OPTIONS',
  operation: 'POST, OPTIONS',
  readOnlyOperation: 'GET, HEAD, POST, OPTIONS',
} as const;

/**
 * Finds the interaction.
 * @param path relative to the base, e.g. `/Patient/1` (with or without a slash at either end), still percent-encoded, without query
 * @param hasParameters whether a query was given (a PUT or DELETE on a type with one is a conditional write)
 * @param lookUpOperation left out where operations have no place: in a Bundle
 * @throws FhirError 400 bad id, 404 unknown type or address, 405 method not taken here (with Allow), 501 known to FHIR but not served
 */
export function routeOf(
  definitions: FhirDefinitions,
  method: string,
  path: string,
  hasParameters: boolean,
  lookUpOperation: LookUpOperation = knowsNone,
): Route {
  const segments = segmentsOf(path);
  const first = segments[0];
  if (first === undefined) return systemRoute(method);
  const operation = segments.find((segment) => segment.startsWith('$'));
  if (operation !== undefined) return operationRoute(method, segments, operation, lookUpOperation);
  if (first === 'metadata' && segments.length === 1) {
    return pick(method, allowed.metadata, { GET: 'capabilities' });
  }
  if (first === '_search' && segments.length === 1) return pick(method, allowed.search, { POST: 'search' });
  if (first === '_history' && segments.length === 1) {
    throw refusal(501, 'not-supported', '_history of the whole system is not supported; ask for one resource.');
  }
  if (!definitions.isResourceType(first)) throw unknownType(definitions, first);
  return typeRoute(definitions, method, segments, hasParameters);
}

/** Path segments, decoded; a slash at the end means nothing (R-2). */
function segmentsOf(path: string): string[] {
  let start = 0;
  let end = path.length;
  if (path.charCodeAt(0) === 47) start = 1;
  if (end > start && path.charCodeAt(end - 1) === 47) end -= 1;
  if (end <= start) return [];
  const segments = path.slice(start, end).split('/');
  if (!path.includes('%')) return segments;
  try {
    return segments.map(decodeURIComponent);
  } catch {
    // A malformed escape: the client's mistake, and no address of ours.
    throw refusal(400, 'value', 'The URL has a broken percent escape in its path.');
  }
}

function systemRoute(method: string): Route {
  if (method === 'POST') return route('bundle');
  if (method === 'OPTIONS') return route('capabilities');
  if (method === 'GET' || method === 'HEAD') return route('search');
  throw notAllowed(method, allowed.base);
}

function operationRoute(
  method: string,
  segments: readonly string[],
  operation: string,
  lookUpOperation: LookUpOperation,
): Route {
  const [type = ''] = segments;
  const level = segments.length === 2 ? 'type' : 'instance';
  const isAtEnd = (segments.length === 2 || segments.length === 3) && segments.at(-1) === operation;
  const found = isAtEnd ? lookUpOperation(type, operation, level) : undefined;
  if (found === undefined) {
    throw refusal(404, 'not-found', `The operation ${shown(operation)} is not known here.`);
  }
  const id = level === 'type' ? '' : checkedId(segments[1]!);
  if (found.isReadOnly !== true) {
    return { ...pick(method, allowed.operation, { POST: 'operation' }, type, id), operation };
  }
  const isGet = method === 'GET' || method === 'HEAD';
  const both = { GET: 'operation', POST: 'operation' } as const;
  return { ...pick(method, allowed.readOnlyOperation, both, type, id), operation, isGet };
}

/** `Patient/p1/Observation`, `Patient/p1/*`, and the same with `/_search` behind it; `Patient/p1/_search` is of all types. */
function isCompartmentSearch(segments: readonly string[]): boolean {
  const [, , third = '', fourth] = segments;
  const isOfType = third === '*' || /^[A-Z]/.test(third);
  return segments.length === 3 ? isOfType || third === '_search' : isOfType && fourth === '_search';
}

function compartmentRoute(definitions: FhirDefinitions, method: string, segments: readonly string[]): Route {
  const [name = '', id = '', third = ''] = segments;
  if (!isCompartment(name)) {
    const text = `${name} has no compartment; there are those of ${COMPARTMENTS.join(', ')}.`;
    throw refusal(404, 'not-supported', text);
  }
  const type = third === '*' || third === '_search' ? '' : third;
  if (type !== '' && !definitions.isResourceType(type)) throw unknownType(definitions, type);
  const compartment = { name, id: checkedId(id) };
  const found =
    segments.at(-1) === '_search'
      ? pick(method, allowed.search, { POST: 'search' }, type)
      : pick(method, allowed.compartment, { GET: 'search' }, type);
  return found.interaction === 'options' ? found : { ...found, compartment };
}

function typeRoute(
  definitions: FhirDefinitions,
  method: string,
  segments: readonly string[],
  hasParameters: boolean,
): Route {
  const [type = '', second, third, fourth] = segments;
  if (second === undefined) return wholeTypeRoute(method, type, hasParameters);
  if (segments.length === 2) {
    if (second === '_search') return pick(method, allowed.search, { POST: 'search' }, type);
    if (second === '_history') {
      throw refusal(501, 'not-supported', `History of the whole type ${type} is not supported; ask for one resource.`);
    }
    if (method === 'PATCH') throw notAllowed(method, allowed.instance, ' Send the whole resource with PUT.');
    const instance = { GET: 'read', PUT: 'update', DELETE: 'delete' } as const;
    return pick(method, allowed.instance, instance, type, checkedId(second));
  }
  if (isCompartmentSearch(segments)) return compartmentRoute(definitions, method, segments);
  if (third === '_history' && segments.length === 3) {
    return pick(method, allowed.history, { GET: 'history' }, type, checkedId(second));
  }
  if (third === '_history' && segments.length === 4 && fourth !== undefined) {
    const found = pick(method, allowed.history, { GET: 'vread' }, type, checkedId(second));
    if (found.interaction === 'options') return found;
    if (!versionSyntax.test(fourth)) {
      throw refusal(404, 'not-found', `${type}/${second} has no version '${shown(fourth)}'; versions are numbers.`);
    }
    return { ...found, version: Number(fourth) };
  }
  throw refusal(404, 'not-found', 'There is nothing at this address.');
}

function wholeTypeRoute(method: string, type: string, hasParameters: boolean): Route {
  if (hasParameters && (method === 'PUT' || method === 'DELETE' || method === 'PATCH')) {
    const verb = { PUT: 'update', DELETE: 'delete', PATCH: 'patch' }[method];
    throw refusal(
      400,
      'not-supported',
      `Conditional ${verb} (${method} ${type}?…) is not supported; search first, then ${method} ${type}/[id].`,
    );
  }
  return pick(method, allowed.type, { GET: 'search', POST: 'create' }, type);
}

function pick(
  method: string,
  allow: string,
  interactions: Partial<Record<string, Interaction>>,
  type = '',
  id = '',
): Route {
  if (method === 'OPTIONS') return { ...route('options', type, id), allow };
  const interaction = interactions[method === 'HEAD' ? 'GET' : method];
  if (interaction === undefined) throw notAllowed(method, allow);
  return route(interaction, type, id);
}

function route(interaction: Interaction, type = '', id = ''): Route {
  return { interaction, type, id, version: 0, allow: '' };
}

function checkedId(id: string): string {
  if (idSyntax.test(id)) return id;
  throw refusal(400, 'value', `'${shown(id)}' is not a FHIR id: 1 to 64 of the characters A-Z a-z 0-9 - and .`);
}

function unknownType(definitions: FhirDefinitions, given: string): FhirError {
  const likely = definitions.resourceTypes.find((type) => type.toLowerCase() === given.toLowerCase());
  const hint = likely === undefined ? '' : ` Did you mean ${likely}? Names are case sensitive.`;
  return refusal(
    404,
    'not-supported',
    `There is no resource type '${shown(given)}' in FHIR ${definitions.fhirVersion}.${hint}`,
  );
}

function notAllowed(method: string, allow: string, hint = ''): FhirError {
  const text = `The method ${shown(method)} is not supported at this address; it takes ${allow}.${hint}`;
  return new FhirError(405, errorIssue('not-supported', text), { Allow: allow });
}

function refusal(status: number, code: IssueCode, text: string): FhirError {
  return new FhirError(status, errorIssue(code, text));
}

/** What a client wrote, cut and without control characters, fit to be shown back. */
function shown(text: string): string {
  return text.slice(0, 64).replace(/[\u0000-\u001f\u007f]/g, '?');
}
