// `:above` and `:below`: by the path of a URL, and by the version of a canonical. http://hl7.org/fhir/R4/search.html#modifiers
import type { Hierarchy } from './search-query';

const url = /^[a-z][a-z0-9+.-]*:\/\/[^/]+/i;

/** In: a URL without slashes at its end. Out: itself and what is above it, down to the host, each also with a slash. */
function pathsAbove(base: string, host: string): string[] {
  const texts: string[] = [];
  for (let end = base.length; end >= host.length; end = base.lastIndexOf('/', end - 1)) {
    texts.push(base.slice(0, end), `${base.slice(0, end)}/`);
  }
  return texts;
}

/** In: a URL. Out: what `:above` or `:below` it means; undefined for what has no path (a urn). */
export function urlHierarchy(
  written: string,
  kind: 'above' | 'below',
): { base: string; hierarchy: Hierarchy } | undefined {
  const host = url.exec(written)?.[0];
  if (host === undefined) return undefined;
  const base = written.replace(/\/+$/, '');
  const beginning = `${base}/`;
  const hierarchy = kind === 'above' ? { kind, texts: pathsAbove(base, host) } : { kind, beginning };
  return { base, hierarchy };
}

/** In: `url|1.2.3`. Out: its versions above (`url|1.2`, `url|1`, and itself) or below (`url|1.2.3.…`). */
export function versionHierarchy(canonical: string, kind: 'above' | 'below'): Hierarchy {
  if (kind === 'below') return { kind, beginning: `${canonical}.` };
  const texts: string[] = [];
  const start = canonical.indexOf('|') + 2;
  for (let end = canonical.length; end >= start; end = canonical.lastIndexOf('.', end - 1)) {
    texts.push(canonical.slice(0, end));
  }
  return { kind, texts };
}

/** Whether the text stands where the hierarchy says; `own` is the value itself. */
export function isInHierarchy(text: string, own: string, hierarchy: Hierarchy): boolean {
  if (hierarchy.kind === 'above') return hierarchy.texts.includes(text);
  return text === own || text.startsWith(hierarchy.beginning);
}
