import fc from 'fast-check';
import { foldText, storableText } from './fold';

it.each([
  ['Müller', 'muller'],
  ['ŁÓDŹ', 'lodz'],
  ['Straße', 'strasse'],
  ['Søren Œuvre Æsir', 'soren oeuvre aesir'],
  [' a \t\n b\u00a0c ', 'a b c'],
  // A blank before plain letters was kept, and cut off where any other letter stood beside them.
  [' Smith', 'smith'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['İzmir', 'izmir'],
  ['ﬁn', 'fin'],
  ['日本', '日本'],
  ['𝕬ẞ', 'ass'],
])('%s folds to %s', (text, folded) => expect(foldText(text)).toBe(folded));

it('folds what is folded to itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => foldText(foldText(text)) === foldText(text)),
    { numRuns: 1000 },
  );
  for (let point = 0; point < 0x30000; point += 1) {
    const once = foldText(String.fromCodePoint(point));
    if (foldText(once) !== once) throw new Error(`U+${point.toString(16)}`);
  }
});

it('folds the beginning of a text to a beginning of its fold, but for blanks at its end', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (beginning, rest) => {
      expect(foldText(beginning + rest).startsWith(foldText(beginning))).toBe(true);
    }),
  );
});

it('makes text that UTF-8 and Postgres can hold, and leaves sound text alone', () => {
  expect(storableText('a\0b\ud800c\udc00')).toBe('a\ufffdb\ufffdc\ufffd');
  expect(storableText('🙂 ok')).toBe('🙂 ok');
});
