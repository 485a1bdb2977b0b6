// A key that is kept for years must not keep the criteria alive that it was cut from.

/** The engine cuts longer texts by reference; shorter ones are copied anyway. */
const COPIED_BELOW = 13;
const latin = /^[\0-\u00ff]*$/;

/** The same text in memory of its own. */
export function ownText(text: string): string {
  if (text.length < COPIED_BELOW) return text;
  const encoding = latin.test(text) ? 'latin1' : 'utf16le';
  return Buffer.from(text, encoding).toString(encoding);
}
