// What is kept of a failure's body: enough to understand it, safe to store and to show.

/** Shortest header value that is hidden; shorter ones would blot out ordinary words. */
const SECRET_LENGTH_MIN = 6;

/**
 * In: the body as far as it was read, and the values of the Subscription's own headers. Out: at most `bytesMax` bytes of text with control
 * characters replaced and those values hidden, should the endpoint reflect them; undefined for an empty body.
 */
export function excerptOf(body: Buffer, secrets: readonly string[], bytesMax: number): string | undefined {
  if (body.length === 0) return undefined;
  let text = body.subarray(0, bytesMax).toString('utf8');
  for (const secret of secrets.flatMap(partsOf)) text = text.replaceAll(secret, '***');
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').trim() || undefined;
}

/** A value and, where it names a scheme, the credentials behind it: `Bearer abc` and `abc`. */
function partsOf(value: string): string[] {
  const credentials = /^[A-Za-z]+ +(.+)$/.exec(value)?.[1];
  return [value, ...(credentials === undefined ? [] : [credentials])].filter(
    (part) => part.length >= SECRET_LENGTH_MIN,
  );
}
