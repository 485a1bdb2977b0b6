// What is kept of a failure's body.
import { excerptOf } from './excerpt';

it('keeps the beginning, without control characters', () => {
  expect(excerptOf(Buffer.from('bad\u0000 \u001b[31mred'), [], 2048)).toBe('bad   [31mred');
  expect(excerptOf(Buffer.from('x'.repeat(5000)), [], 2048)).toHaveLength(2048);
  expect(excerptOf(Buffer.alloc(0), [], 2048)).toBeUndefined();
});

it('hides header values that the endpoint reflects', () => {
  const text = excerptOf(Buffer.from('you sent Bearer tok-123456, that is tok-123456'), ['Bearer tok-123456'], 2048);
  expect(text).toBe('you sent ***, that is ***');
});
