// Reads one element line of a generated types file: `name min..max type|type(target,target) [#binding] [?!] [S]`.
import type { ElementDefinition } from '../definitions';

export const VALUE_SET_PREFIX = 'http://hl7.org/fhir/ValueSet/';

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function bindingOf(marks: readonly string[]): string | undefined {
  const short = marks.find((mark) => mark.startsWith('#'))?.slice(1);
  if (short === undefined) return undefined;
  return short.includes(':') ? short : VALUE_SET_PREFIX + short;
}

/** In: a line. Out: one element, or one per type of a choice (`valueQuantity`, `valueString`, …). */
export function unfoldElement(line: string): ElementDefinition[] {
  const [name = '', range = '', types = '', ...marks] = line.split(' ');
  const [min = '', max = ''] = range.split('..');
  const isChoice = name.endsWith('[x]');
  const binding = bindingOf(marks);
  return types.split('|').map((typeText) => {
    const [, type = typeText, targets] = /^([^(]+)\(([^)]*)\)$/.exec(typeText) ?? [];
    return Object.freeze({
      name: isChoice ? name.slice(0, -3) + capitalised(type) : name,
      min: Number(min),
      max: max === '*' ? Infinity : Number(max),
      type,
      ...(isChoice && { choiceOf: name }),
      ...(targets !== undefined && { targets: Object.freeze(targets.split(',')) }),
      ...(binding !== undefined && { binding }),
      ...(marks.includes('S') && { isSummary: true }),
      ...(marks.includes('?!') && { isModifier: true }),
    });
  });
}
