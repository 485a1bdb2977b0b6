// How strings are compared in searches without `:exact`: no case, no accents, no difference between kinds of white space.
// http://hl7.org/fhir/R4/search.html#string

const plainAscii = /^(?:[!-~]+(?: [!-~]+)*)?$/;
// Letters that Unicode does not take apart, as people type them without their keyboard.
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
};

/** Equal for texts that a search shall treat alike; the fold of a beginning is a beginning of the fold. */
export function foldText(text: string): string {
  if (plainAscii.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[ßæœøłđðþıς]/g, (letter) => letters[letter] ?? letter)
    .replace(/[\s\p{Z}]+/gu, ' ')
    .trim();
}

const notStorable = /[\0\uD800-\uDFFF]/;
const loneSurrogate = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Text as the index can hold it: no NUL, no half of a surrogate pair. Both sides of every comparison pass through here. */
export function storableText(text: string): string {
  return notStorable.test(text) ? text.replace(loneSurrogate, '\uFFFD') : text;
}
