// The escapes of search values, `\,` `\|` `\$` `\\`: http://hl7.org/fhir/R4/search.html#escaping

/** Splits at every unescaped separator; the parts keep their escapes. */
export function splitUnescaped(raw: string, separator: ',' | '|' | '$'): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] === '\\') i++;
    else if (raw[i] === separator) {
      parts.push(raw.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(raw.slice(start));
  return parts;
}

/** Takes the escapes away; a backslash before any other character stands for itself. */
export function unescapeValue(raw: string): string {
  return raw.includes('\\') ? raw.replace(/\\([\\,|$])/g, '$1') : raw;
}

/** The opposite: text that parses back to the same value. */
export function escapeValue(text: string): string {
  return text.replace(/[\\,|$]/g, '\\$&');
}
