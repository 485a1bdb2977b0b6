// Required bindings whose codes can be listed → value set → code system → codes (separated by blanks).
const valueSetPrefix = 'http://hl7.org/fhir/ValueSet/';

/** The value set's canonical without version, and without HL7's own prefix. */
export function shortValueSet(canonical) {
  const url = canonical.split('|')[0];
  return url.startsWith(valueSetPrefix) ? url.slice(valueSetPrefix.length) : url;
}

function flatten(concepts, into = []) {
  for (const concept of concepts ?? []) {
    into.push(concept.code);
    flatten(concept.concept, into);
  }
  return into;
}

function findConcept(concepts, code) {
  for (const concept of concepts ?? []) {
    const found = concept.code === code ? concept : findConcept(concept.concept, code);
    if (found) return found;
  }
  return undefined;
}

function filtered(codeSystem, filters) {
  const [filter, ...others] = filters;
  if (others.length > 0 || filter.property !== 'concept') return undefined;
  const root = findConcept(codeSystem.concept, filter.value);
  if (!root) return undefined;
  if (filter.op === 'is-a') return flatten([root]);
  return filter.op === 'descendent-of' ? flatten(root.concept) : undefined;
}

/** Codes of one include: a map system → codes, or undefined when they cannot be listed. */
function expandInclude(include, byUrl) {
  if (include.valueSet) {
    if (include.system || include.valueSet.length > 1) return undefined;
    return expand(include.valueSet[0], byUrl);
  }
  if (include.concept) return new Map([[include.system, include.concept.map((concept) => concept.code)]]);
  const codeSystem = byUrl.get(`CodeSystem ${include.system}`);
  if (!codeSystem || codeSystem.content !== 'complete') return undefined;
  const codes = include.filter ? filtered(codeSystem, include.filter) : flatten(codeSystem.concept);
  return codes && new Map([[include.system, codes]]);
}

function expand(canonical, byUrl) {
  const valueSet = byUrl.get(`ValueSet ${canonical.split('|')[0]}`);
  if (!valueSet?.compose || valueSet.compose.exclude) return undefined;
  const result = new Map();
  for (const include of valueSet.compose.include) {
    const part = expandInclude(include, byUrl);
    if (!part) return undefined;
    for (const [system, codes] of part) result.set(system, [...new Set([...(result.get(system) ?? []), ...codes])]);
  }
  return result;
}

function requiredValueSets(types) {
  const lines = Object.values(types).flatMap((type) => type.elements ?? []);
  const bindings = lines.flatMap((line) => line.split(' ').filter((mark) => mark.startsWith('#')));
  return [...new Set(bindings.map((mark) => mark.slice(1)))].sort();
}

/**
 * In: types as buildTypes gives them, and CodeSystems and ValueSets.
 * Out: `codes` (short value set → system → codes joined by blanks) and `open`, the value sets that cannot be listed.
 */
export function buildCodes(types, terminology) {
  const byUrl = new Map(terminology.map((resource) => [`${resource.resourceType} ${resource.url}`, resource]));
  const codes = {};
  const open = [];
  for (const short of requiredValueSets(types)) {
    const expansion = expand(short.includes(':') ? short : valueSetPrefix + short, byUrl);
    if (!expansion) {
      open.push(short);
      continue;
    }
    const lists = [...expansion].map(([system, list]) => [system, list.join(' ')]);
    for (const list of [...expansion.values()].flat()) {
      if (/\s/.test(list)) throw new Error(`a code with a blank in ${short}: the file format cannot hold it`);
    }
    codes[short] = Object.fromEntries(lists);
  }
  return { codes, open };
}
