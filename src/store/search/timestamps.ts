// Milliseconds since 1970, or ± Infinity, as text that Postgres reads as timestamptz.

/** In: a bound of an interval, between the years 0001 and 10000. */
export function timestampText(ms: number): string {
  if (ms === Infinity) return 'infinity';
  if (ms === -Infinity) return '-infinity';
  // The end of the year 9999 is the one instant that ISO 8601 as JavaScript writes it has too many digits for: +010000-….
  return new Date(ms).toISOString().replace(/^\+0/, '');
}
