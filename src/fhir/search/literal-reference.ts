// Reads the text of a reference: one of our own resources, or a URL. http://hl7.org/fhir/R4/references.html#literal

export interface LiteralReference {
  /** `Type/id` for one of our own, else the URL; without version. */
  readonly key: string;
  /** With `/_history/v` (or `|v` of a canonical) when it names a version. */
  readonly versionKey: string | undefined;
  readonly type: string | undefined;
  readonly id: string | undefined;
}

const relative = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?$/;
const absolute = /^[a-z][a-z0-9+.-]*:/i;
const versionTail = /\/_history\/[A-Za-z0-9\-.]{1,64}$/;

function urlReference(url: string): LiteralReference {
  const bar = url.indexOf('|');
  if (bar > 0) return { key: url.slice(0, bar), versionKey: url, type: undefined, id: undefined };
  const tail = versionTail.exec(url);
  if (!tail) return { key: url, versionKey: undefined, type: undefined, id: undefined };
  return { key: url.slice(0, tail.index), versionKey: url, type: undefined, id: undefined };
}

/**
 * In: a reference as written, and our own base without trailing slash. Out: what it points to; undefined for a fragment
 * (`#contained`) and for text that is neither `Type/id` nor an absolute URL. A URL below our base is one of our own.
 */
export function literalReference(written: string, baseUrl: string): LiteralReference | undefined {
  const isOwn = baseUrl !== '' && written.startsWith(baseUrl) && written[baseUrl.length] === '/';
  const text = isOwn ? written.slice(baseUrl.length + 1) : written;
  const match = relative.exec(text);
  if (match) {
    const [, type, id, version] = match;
    return { key: `${type}/${id}`, versionKey: version === undefined ? undefined : text, type, id };
  }
  return absolute.test(written) ? urlReference(written) : undefined;
}
