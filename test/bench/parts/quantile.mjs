/** The value below which this part (0 to 1) of the values lies; they are sorted, numbers going up. Undefined when there are none. */
export function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
