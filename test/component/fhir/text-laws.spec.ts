// Laws of the resource text: whatever JSON a client sends, the stored text says the same, and no byte moves without need.
import fc from 'fast-check';
import { joinBody, parseResource, readBundle, resourceFromValue, spliceIdentity } from '../../../src/fhir';

const at = new Date('2026-01-02T03:04:05.678Z');
const name = fc.oneof(
  fc.constantFrom('id', 'meta', 'versionId', 'lastUpdated', 'résumé', '"', '\\', 'a"b\\'),
  fc.string(),
);
const tree = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const object = fc.dictionary(name, tree.value, { maxKeys: 5, noNullPrototype: true });
const resource = fc
  .record(
    { id: fc.string(), meta: fc.oneof(object, object, tree.value), extra: object },
    { requiredKeys: ['extra'], noNullPrototype: true },
  )
  .chain(({ extra, ...identity }) => {
    const value = { ...extra, ...identity, resourceType: 'Basic' };
    return fc.shuffledSubarray(Object.entries(value), { minLength: Object.keys(value).length });
  })
  .map((entries) => Object.fromEntries(entries));

/** The same value in another dress: white space between all tokens, and characters of strings escaped. */
const written = fc.tuple(resource, fc.constantFrom('', ' ', '\n\t'), fc.boolean()).map(([sent, space, escaped]) => {
  const plain = JSON.stringify(sent, undefined, space === '' ? undefined : 2).replace(/\n/g, `\n${space}`);
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const text = escaped ? plain.replace(/é/g, escape) : plain;
  return { value: JSON.parse(text) as Record<string, unknown>, text };
});

const withIdentity = (value: Record<string, unknown>): unknown => {
  const meta = typeof value.meta === 'object' && !Array.isArray(value.meta) && value.meta !== null ? value.meta : {};
  return { ...value, id: 'new', meta: { ...meta, versionId: '7', lastUpdated: at.toISOString() } };
};

const stored = (text: string): string => joinBody(spliceIdentity(parseResource(text), 'new'), 7, at);

it('stores what was sent, but for id, versionId and lastUpdated', () => {
  fc.assert(fc.property(written, ({ value, text }) => expect(JSON.parse(stored(text))).toEqual(withIdentity(value))));
});

it('leaves the text before and behind the spliced parts byte for byte, digits of numbers included', () => {
  const digits = fc.constantFrom('1.00', '0.10', '1E+2', '-0', '12345678901234567890', '1.0e-7');
  fc.assert(
    fc.property(digits, digits, fc.constantFrom('', ' ', '\r\n  '), fc.boolean(), (first, last, space, hasMeta) => {
      const meta = hasMeta ? `,"meta"${space}:${space}{"tag":[${space}{"code":"t"}]${space}}` : '';
      const lead = `{"a"${space}:${space}${first},${space}"resourceType":"Basic"`;
      const rest = `${space},"z":[${last}${space}]${space}}`;
      const result = stored(`${lead}${meta}${rest}`);
      expect(result.startsWith(lead)).toBe(true);
      expect(result.endsWith(`${hasMeta ? `"tag":[${space}{"code":"t"}]${space}}` : ''}${rest}`)).toBe(true);
    }),
  );
});

it('gives the same text for the same version again', () => {
  fc.assert(fc.property(written, ({ text }) => expect(stored(stored(text))).toBe(stored(text))));
});

it('slices a Bundle into exactly the texts it was made of', () => {
  fc.assert(
    fc.property(fc.array(written, { maxLength: 6 }), fc.constantFrom('', ' ', '\n  '), (list, space) => {
      const entries = list.map(
        ({ text }) => `{${space}"request":{"method":"POST","url":"Basic"},"resource":${space}${text}${space}}`,
      );
      const text = `{"resourceType":"Bundle","type":"batch","entry":[${space}${entries.join(`,${space}`)}${space}]}`;
      const read = readBundle(parseResource(text));
      expect(read.entries.map((entry) => entry.resource?.text)).toEqual(list.map((item) => item.text));
      expect(read.entries.map((entry) => entry.resource?.value)).toEqual(list.map((item) => item.value));
    }),
  );
});

it('refuses a text exactly when JSON does', () => {
  const damaged = fc
    .tuple(written, fc.nat(), fc.constantFrom('', '"', '{', ']', ',', 'x'))
    .map(([{ text }, place, insert]) => {
      const cut = place % (text.length + 1);
      return text.slice(0, cut) + insert + text.slice(cut + (insert === '' ? 1 : 0));
    });
  fc.assert(
    fc.property(damaged, (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        // Expected: most damage breaks the text.
        isJson = false;
      }
      if (isJson) return;
      expect(() => parseResource(text)).toThrow(/at line \d+, column \d+/);
    }),
  );
});

it('takes back what the server writes itself', () => {
  fc.assert(
    fc.property(resource, (value) => {
      const parsed = resourceFromValue(value as { resourceType: string });
      expect(parseResource(parsed.text)).toEqual({ ...parsed, value: JSON.parse(parsed.text) as unknown });
    }),
  );
});
