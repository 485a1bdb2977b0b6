import { SecretBox, SecretError } from './secret-box';

const box = new SecretBox('0123456789abcdef0123456789abcdef');

it('opens what it sealed, and shows nothing of it', () => {
  const sealed = box.seal(7, 'Authorization', 'Bearer marker-äöü');
  expect(sealed.toString('latin1')).not.toContain('marker');
  expect(box.open(7, 'authorization', sealed)).toBe('Bearer marker-äöü');
  expect(box.seal(7, 'Authorization', 'Bearer marker-äöü').equals(sealed)).toBe(false);
});

it('does not open for another incarnation, another name, another key, or after a change', () => {
  const sealed = box.seal(7, 'X-Key', 'value');
  const changed = Buffer.from(sealed);
  changed[changed.length - 1]! ^= 1;
  expect(() => box.open(8, 'X-Key', sealed)).toThrow(SecretError);
  expect(() => box.open(7, 'X-Other', sealed)).toThrow(SecretError);
  expect(() => box.open(7, 'X-Key', changed)).toThrow(SecretError);
  const other = new SecretBox('another key of some thirty-two characters');
  expect(() => other.open(7, 'X-Key', sealed)).toThrow('under another key');
});

it('refuses a weak key', () => {
  expect(() => new SecretBox('short')).toThrow('at least 32 characters');
});
