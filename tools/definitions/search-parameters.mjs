// SearchParameters → one list per resource type, each expression cut to the branches of that type and made safe to evaluate.
const prefix = 'http://hl7.org/fhir/SearchParameter/';

/** Splits at the top-level `|` of a FHIRPath expression (R4's parameters have none inside quotes). */
export function branches(expression) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < expression.length; at++) {
    if (expression[at] === '(') depth++;
    else if (expression[at] === ')') depth--;
    else if (expression[at] === '|' && depth === 0) {
      parts.push(expression.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(expression.slice(start));
  return parts.map((part) => part.trim());
}

/** `(X as T)` and `X.as(T)` throw on several values; `X.ofType(T)` does not. */
export function withOfType(branch) {
  return branch.replace(/^\(([\w.]+) as (\w+)\)/, '$1.ofType($2)').replace(/\.as\((\w+)\)/g, '.ofType($1)');
}

/** The expression for one resource type, or undefined when no branch speaks of it. */
export function trimmed(expression, resourceType) {
  const own = branches(expression)
    .map((branch) => branch.replace(/^(\(*)(?:Resource|DomainResource)\b/, `$1${resourceType}`))
    .filter((branch) => new RegExp(`^\\(*${resourceType}\\b`).test(branch));
  return own.length === 0 ? undefined : [...new Set(own.map(withOfType))].join(' | ');
}

function isTyped(branch) {
  return /^(.*)\.where\(resolve\(\) is (\w+)\)$/.exec(branch);
}

/** What a reference parameter may point to on this type: the element's own targets, narrowed by `resolve() is T`. */
function targetsOf(parameter, expression, targetsOfPath) {
  if (parameter.type !== 'reference') return undefined;
  const found = new Set();
  for (const branch of branches(expression)) {
    const typed = isTyped(branch);
    const targets = typed ? [typed[2]] : targetsOfPath(branch);
    for (const target of targets ?? parameter.target ?? []) found.add(target);
  }
  return found.size === 0 ? undefined : [...found].sort();
}

function componentOf(component, byUrl) {
  const definition = byUrl.get(component.definition);
  if (!definition) throw new Error(`composite component ${component.definition} is not defined`);
  return { code: definition.code, type: definition.type, expression: withOfType(component.expression) };
}

function entryOf(parameter, resourceType, context) {
  const expression = parameter.expression && trimmed(parameter.expression, resourceType);
  if (!expression) return undefined;
  const targets = targetsOf(parameter, expression, context.targetsOfPath);
  return {
    code: parameter.code,
    type: parameter.type,
    url: parameter.url.startsWith(prefix) ? parameter.url.slice(prefix.length) : parameter.url,
    expression,
    ...(targets && { targets: targets.join(' ') }),
    ...(parameter.component && {
      components: parameter.component.map((component) => componentOf(component, context.byUrl)),
    }),
  };
}

/** In: SearchParameters, the concrete resource types, and a look-up path → reference targets. Out: type → parameters by code. */
export function buildSearchParameters(parameters, resourceTypes, targetsOfPath) {
  const context = { targetsOfPath, byUrl: new Map(parameters.map((parameter) => [parameter.url, parameter])) };
  const result = {};
  for (const resourceType of resourceTypes) {
    const bases = new Set([resourceType, 'Resource', 'DomainResource']);
    const own = new Map();
    for (const parameter of parameters.filter((candidate) => candidate.base.some((base) => bases.has(base)))) {
      const entry = entryOf(parameter, resourceType, context);
      if (entry && !own.has(entry.code)) own.set(entry.code, entry);
    }
    result[resourceType] = [...own.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  }
  return result;
}

/** CompartmentDefinitions → compartment → resource type → parameter codes (`{def}` means the compartment's own type). */
export function buildCompartments(definitions) {
  const sorted = [...definitions].sort((a, b) => (a.code < b.code ? -1 : 1));
  return Object.fromEntries(
    sorted.map((definition) => [
      definition.code,
      Object.fromEntries(
        definition.resource
          .filter((resource) => resource.param?.length > 0)
          .map((resource) => [resource.code, resource.param]),
      ),
    ]),
  );
}
