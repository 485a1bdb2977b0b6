// Puts the server's id and meta.versionId/lastUpdated into the client's text, leaving every other byte as it was.
// http://hl7.org/fhir/R4/http.html#create says the server replaces exactly these.
import { members, skipSpace, type Member } from './json-spans';
import { isJsonObject, type ParsedResource } from './parse-resource';

/** A stored text, cut where the version goes: head + version + `","lastUpdated":"` + ISO instant + tail. */
export interface SplicedBody {
  readonly head: string;
  readonly tail: string;
}

const OPENING = '"versionId":"';
const SERVER_OWNED = new Set(['versionId', 'lastUpdated']);

interface TopMembers {
  resourceType?: Member;
  id?: Member;
  meta?: Member;
}

/** Reads no further than needed: the value says which of the three there are. */
function topMembers({ text, value }: ParsedResource): TopMembers {
  const found: TopMembers = {};
  let wanted = 1 + Number(value.id !== undefined) + Number(value.meta !== undefined);
  for (const member of members(text, 0)) {
    if (member.name !== 'resourceType' && member.name !== 'id' && member.name !== 'meta') continue;
    found[member.name] = member;
    if (--wanted === 0) break;
  }
  return found;
}

/**
 * The client's meta without versionId and lastUpdated: what follows the pair the server puts first, `}` included.
 * Each member keeps the white space around it, so storing a stored text again changes nothing.
 */
function metaRest(text: string, meta: Member): string {
  let rest = '';
  let from = meta.valueStart + 1;
  for (const member of members(text, meta.valueStart)) {
    const until = skipSpace(text, member.end);
    if (!SERVER_OWNED.has(member.name)) rest += `,${text.slice(from, until)}`;
    from = until + 1;
  }
  return `${rest}}`;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Offset inside `text` at which the version goes; undefined when it goes elsewhere. */
  readonly cut?: number;
}

function edits(parsed: ParsedResource, id: string): Edit[] {
  const { text, value } = parsed;
  const found = topMembers(parsed);
  const list: Edit[] = [];
  let inserted = '';
  if (found.id) list.push({ start: found.id.valueStart, end: found.id.end, text: JSON.stringify(id) });
  else inserted += `,"id":${JSON.stringify(id)}`;
  if (found.meta) {
    const rest = isJsonObject(value.meta) ? metaRest(text, found.meta) : '}';
    const before = `{${OPENING}`;
    list.push({ start: found.meta.valueStart, end: found.meta.end, text: `${before}"${rest}`, cut: before.length });
  } else {
    inserted += `,"meta":{${OPENING}`;
  }
  if (inserted !== '') {
    const at = found.resourceType?.end ?? skipSpace(text, 0);
    const cut = found.meta ? undefined : inserted.length;
    list.push({ start: at, end: at, text: found.meta ? inserted : `${inserted}"}`, cut });
  }
  return list.sort((a, b) => a.start - b.start);
}

/**
 * In: a parsed resource and the id it is stored under. Out: its text with that id, cut in two where version and
 * lastUpdated go. The two lead the client's meta; a missing id or meta is added right after resourceType.
 */
export function spliceIdentity(parsed: ParsedResource, id: string): SplicedBody {
  let head = '';
  let out = '';
  let at = 0;
  for (const edit of edits(parsed, id)) {
    out += parsed.text.slice(at, edit.start);
    at = edit.end;
    if (edit.cut === undefined) {
      out += edit.text;
    } else {
      head = out + edit.text.slice(0, edit.cut);
      out = edit.text.slice(edit.cut);
    }
  }
  return { head, tail: out + parsed.text.slice(at) };
}

/** The text of one version: `lastUpdated` is written as an instant in UTC with milliseconds. */
export function joinBody(body: SplicedBody, version: number, lastUpdated: Date): string {
  return `${body.head}${version}","lastUpdated":"${lastUpdated.toISOString()}${body.tail}`;
}
