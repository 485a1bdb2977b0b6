// Rewrites references inside a resource's text: in a transaction the fullUrl of a new entry becomes `Type/id` wherever it is
// used (http://hl7.org/fhir/R4/http.html#trules). The definitions tell which strings are references; all else stays as sent.
import type { ElementDefinition, FhirDefinitions, TypeDefinition } from '../definitions';
import { members, items, type Span } from './json-spans';
import { isJsonObject, type ParsedResource } from './parse-resource';

// Elements of these types are rewritten; canonical is not.
const URI_TYPES: ReadonlySet<string> = new Set(['uri', 'url', 'oid', 'uuid']);
// `<` and `>` end every part, so the search stays linear on hostile text.
const NARRATIVE_LINK = /(<(?:a\b[^<>]*?\bhref|img\b[^<>]*?\bsrc)\s*=\s*)(\\?"|')([^<>]*?)\2/g;

interface Edit extends Span {
  readonly text: string;
}

interface Walk {
  readonly text: string;
  readonly map: ReadonlyMap<string, string>;
  readonly definitions: FhirDefinitions;
  readonly edits: Edit[];
}

/** The new text of a reference, its fragment kept; undefined when it is none of ours. */
function rewritten(reference: string, map: ReadonlyMap<string, string>): string | undefined {
  const whole = map.get(reference);
  if (whole !== undefined) return whole;
  const hash = reference.indexOf('#');
  const target = hash > 0 ? map.get(reference.slice(0, hash)) : undefined;
  return target === undefined ? undefined : target + reference.slice(hash);
}

function unescapeXml(text: string): string {
  return text.replace(/&amp;/g, '&');
}

/** `decode` turns a link as it stands in the text into what it means. */
function withLinks(text: string, map: Walk['map'], decode: (link: string) => string): string {
  return text.replace(NARRATIVE_LINK, (all, lead: string, quote: string, link: string) => {
    const target = rewritten(unescapeXml(decode(link)), map);
    return target === undefined ? all : `${lead}${quote}${target.replace(/&/g, '&amp;')}${quote}`;
  });
}

/** Works on the escaped text, so all else stays; only a text with `\u` escapes (which may hide a `<`) is re-escaped. */
function rewriteNarrative(walk: Walk, value: string, span: Span): void {
  const raw = walk.text.slice(span.start, span.end);
  const isHidden = raw.includes('\\u');
  const before = isHidden ? value : raw;
  const decode = isHidden ? (link: string) => link : (link: string) => JSON.parse(`"${link}"`) as string;
  const after = withLinks(before, walk.map, decode);
  if (after !== before) walk.edits.push({ ...span, text: isHidden ? JSON.stringify(after) : after });
}

function rewriteString(walk: Walk, value: string, span: Span, element: ElementDefinition, owner: TypeDefinition): void {
  if (element.type === 'xhtml') return rewriteNarrative(walk, value, span);
  const isReference = owner.name === 'Reference' && element.name === 'reference';
  if (!isReference && !URI_TYPES.has(element.type)) return;
  const target = rewritten(value, walk.map);
  if (target !== undefined) walk.edits.push({ ...span, text: JSON.stringify(target) });
}

function typeOfObject(walk: Walk, value: Record<string, unknown>, declared: string): TypeDefinition | undefined {
  const isResource = declared === 'Resource' && typeof value.resourceType === 'string';
  return walk.definitions.type(isResource ? (value.resourceType as string) : declared);
}

function walkValue(walk: Walk, value: unknown, span: Span, element: ElementDefinition, owner: TypeDefinition): void {
  if (typeof value === 'string') rewriteString(walk, value, span, element, owner);
  else if (isJsonObject(value)) walkObject(walk, value, span, element.type);
  else if (Array.isArray(value)) {
    let index = 0;
    for (const item of items(walk.text, span.start)) walkValue(walk, value[index++], item, element, owner);
  }
}

function walkObject(walk: Walk, value: Record<string, unknown>, span: Span, declared: string): void {
  const type = typeOfObject(walk, value, declared);
  if (!type) return;
  for (const member of members(walk.text, span.start)) {
    const element = type.elements.get(member.name) ?? siblingElement(member.name);
    if (!element) continue;
    walkValue(walk, value[member.name], { start: member.valueStart, end: member.end }, element, type);
  }
}

/** `_birthDate` holds the id and extensions of a primitive. */
function siblingElement(name: string): ElementDefinition | undefined {
  return name.startsWith('_') ? { name, min: 0, max: 1, type: 'Element' } : undefined;
}

/**
 * In: a resource and a map from references as they stand (`urn:uuid:…`, an absolute URL) to what they become
 * (`Patient/17`). Out: the resource with Reference.reference, elements of type uri, url, oid and uuid, and links and
 * images of the narrative rewritten, fragments kept; all other bytes are untouched. The very same object comes back
 * when there was nothing to rewrite.
 */
export function rewriteReferences(
  resource: ParsedResource,
  map: ReadonlyMap<string, string>,
  definitions: FhirDefinitions,
): ParsedResource {
  if (map.size === 0) return resource;
  const walk: Walk = { text: resource.text, map, definitions, edits: [] };
  walkObject(walk, resource.value, { start: 0, end: resource.text.length }, resource.type);
  if (walk.edits.length === 0) return resource;
  let text = '';
  let at = 0;
  for (const edit of walk.edits) {
    text += resource.text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  text += resource.text.slice(at);
  return { text, value: JSON.parse(text) as ParsedResource['value'], type: resource.type };
}
