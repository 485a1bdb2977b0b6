// The XHTML of a narrative: one well-formed div of formatting elements, nothing active in it.
// http://hl7.org/fhir/R4/narrative.html#Narrative. Safety, not style: an empty div (invariant txt-2) is left to $validate.
import type { IssueCode } from '../outcome/codes';
import { fhirLimits } from '../limits';
import { quoted } from './findings';

export interface NarrativeFault {
  readonly code: IssueCode;
  readonly text: string;
}

// Elements of HTML 4 that txt-1 allows, and the passive presentational ones that real documents hold all the same.
const ELEMENTS: ReadonlySet<string> = new Set(
  `a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li ol p
  pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var
  address bdo center del font ins kbd s strike u`.split(/\s+/),
);
const TAG = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const COMMENT = /<!--(?!-?>)[^-]*(?:-[^-]+)*-->/y;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const BARE_AMPERSAND = /&(?!(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)/;
const ACTIVE_LINK = /^(?:javascript|vbscript|data(?!:image\/(?:png|jpeg|gif|webp)[;,])):/i;

const fault = (code: IssueCode, text: string): NarrativeFault => ({ code, text });

/** The link as a browser would read it: character references resolved, blanks and control characters gone. */
function plainLink(link: string): string {
  const resolved = link
    .replace(/&#(\d{1,7});/g, (all, digits: string) => character(all, Number(digits)))
    .replace(/&#[xX]([0-9a-fA-F]{1,6});/g, (all, digits: string) => character(all, parseInt(digits, 16)))
    .replace(/&(?:Tab|NewLine);/g, '')
    .replace(/&colon;/g, ':');

  return resolved.replace(/[\u0000-\u0020]+/g, '');
}

function character(all: string, point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : all;
}

function attributeFault(attributes: string): NarrativeFault | undefined {
  for (const [, name = '', double, single] of attributes.matchAll(ATTRIBUTE)) {
    if (/^on/i.test(name))
      return fault('invariant', `A narrative must not hold scripts: remove the attribute ${name}.`);
    if (ACTIVE_LINK.test(plainLink(double ?? single ?? ''))) {
      return fault('invariant', `A narrative must not hold active links: change the attribute ${name}.`);
    }
  }
  return undefined;
}

/** Index after the markup that begins at `at`; a fault when it is none. Keeps `open` up to date. */
function readTag(div: string, at: number, open: string[]): number | NarrativeFault {
  COMMENT.lastIndex = at;
  if (COMMENT.test(div)) return COMMENT.lastIndex;
  TAG.lastIndex = at;
  const tag = TAG.exec(div);
  if (!tag) return fault('structure', `The narrative is not well-formed XHTML at ${quoted(div.slice(at))}.`);
  const [whole, closing = '', name = '', attributes = '', empty = ''] = tag;
  if (!ELEMENTS.has(name))
    return fault('invariant', `A narrative must not hold the element ${quoted(name)}. Remove it.`);
  if (closing === '/') {
    const expected = open.pop();
    if (expected === name) return at + whole.length;
    return fault('structure', `The narrative closes ${name} where ${expected ?? 'nothing'} is open.`);
  }
  if (empty === '') open.push(name);
  if (open.length > fhirLimits.jsonDepthMax) return fault('structure', 'The narrative nests too deep. Flatten it.');
  return attributes === '' ? at + whole.length : (attributeFault(attributes) ?? at + whole.length);
}

/** In: the value of Narrative.div. Out: the first thing wrong with it, undefined when nothing is. Linear in its length. */
export function narrativeFault(div: unknown): NarrativeFault | undefined {
  if (typeof div !== 'string')
    return fault('structure', `A narrative's div must be a JSON string, not ${quoted(div)}.`);
  const text = div.trim();
  if (!/^<div[\s>/]/.test(text)) return fault('structure', 'A narrative must be one <div> element in XHTML.');
  const open: string[] = [];
  for (let at = 0; at < text.length;) {
    const next = readTag(text, at, open);
    if (typeof next !== 'number') return next;
    at = text.indexOf('<', next);
    if (open.length === 0 && next < text.length)
      return fault('structure', 'A narrative must be one <div>, nothing after it.');
    if (at < 0) break;
  }
  if (open.length > 0) return fault('structure', `The narrative does not close ${open.at(-1)}.`);
  if (BARE_AMPERSAND.test(text)) return fault('structure', 'The narrative holds a bare &: write &amp;.');
  return undefined;
}
