// The valid name that a misspelt one most likely meant, for error messages.

/** Edits (insert, remove, replace a character) that turn one text into the other. */
function distance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = previous[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[to.length]!;
}

/** In: a name and the valid ones. Out: the nearest of them, letters' case ignored; undefined when there are none. */
export function nearestName(name: string, valid: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  const wanted = name.toLowerCase().slice(0, 100);
  for (const candidate of valid) {
    const found = distance(wanted, candidate.toLowerCase());
    if (found < bestDistance) [best, bestDistance] = [candidate, found];
  }
  return best;
}

/** The sentence that names it, to follow what was wrong; empty when there is none. */
export function nearestHint(name: string, valid: Iterable<string>): string {
  const nearest = nearestName(name, valid);
  return nearest === undefined ? '' : ` The nearest name is "${nearest}".`;
}
