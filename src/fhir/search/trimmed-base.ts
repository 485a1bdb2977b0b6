// The form in which queries, index entries and ordering roots compare the server's own base.

/** A base URL without its trailing slashes. */
export function trimmedBase(baseUrl: string): string {
  return baseUrl.endsWith('/') ? baseUrl.replace(/\/+$/, '') : baseUrl;
}
