// What must be true at the end: every delivery taken, in order, with no number missing.
import type { Arrival } from './receiver';

/** In: what one subscription's receiver took, and how many events there were. Out: what is wrong, in words; nothing when all is well. */
export function complaints(name: string, taken: readonly Arrival[], expected: number): string[] {
  const wrong: string[] = [];
  const numbers = new Set(taken.map((arrival) => arrival.eventNumber));
  const missing = Array.from({ length: expected }, (_, index) => index + 1).filter((number) => !numbers.has(number));
  if (missing.length > 0) wrong.push(`${name}: ${missing.length} of ${expected} did not arrive (first: ${missing[0]})`);
  if (numbers.size > expected) wrong.push(`${name}: ${numbers.size} arrived, only ${expected} were expected`);

  const newest = new Map<string, number>();
  for (const { resource, version } of taken) {
    const before = newest.get(resource) ?? 0;
    if (version < before) wrong.push(`${name}: ${resource} version ${version} arrived after version ${before}`);
    newest.set(resource, Math.max(version, before));
  }
  return wrong;
}
