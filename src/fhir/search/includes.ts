// `_include` and `_revinclude`: what is to be added to the matches of a page. http://hl7.org/fhir/R4/search.html#include
import type { FhirDefinitions } from '../definitions';
import { errorIssue, type Issue } from '../outcome/outcome';
import { indexedParameters, type IndexedParameter } from './indexed-parameters';
import { nearestHint } from './nearest-name';
import type { SearchInclude } from './search-query';

interface IncludeContext {
  readonly definitions: FhirDefinitions;
  readonly types: readonly string[];
}

const form = 'Write Type:parameter or Type:parameter:TargetType, as in Observation:subject:Patient';

/** The reference parameters of a type, by code. */
export function referenceParameters(definitions: FhirDefinitions, type: string): readonly IndexedParameter[] {
  const parameters = [...indexedParameters(definitions, type).values()];
  return parameters.filter(({ definition }) => definition.type === 'reference');
}

function namedIssue({ source, parameter, target }: SearchInclude, { definitions }: IncludeContext): string | undefined {
  if (source !== '*' && !definitions.isResourceType(source)) {
    return `"${source}" is no resource type.${nearestHint(source, definitions.resourceTypes)}`;
  }
  if (target !== undefined && !definitions.isResourceType(target)) {
    return `"${target}" is no resource type.${nearestHint(target, definitions.resourceTypes)}`;
  }
  if (parameter === '*') return undefined;
  if (source === '*') return `a parameter needs its type. ${form}.`;
  const references = referenceParameters(definitions, source);
  const found = references.find(({ definition }) => definition.code === parameter);
  const unusable = definitions.custom?.refusal(source, parameter);
  if (unusable !== undefined) return unusable;
  if (!found) {
    const codes = references.map(({ definition }) => definition.code);
    return `${source} has no reference parameter "${parameter}".${nearestHint(parameter, codes)}`;
  }
  const { targets } = found.definition;
  if (target === undefined || targets === undefined || targets.includes(target)) return undefined;
  return `"${parameter}" of ${source} never refers to ${target}; it refers to ${targets.slice(0, 10).join(', ')}.`;
}

/** Of matches of these types only references of the same types can be followed; what was included may be of any. */
function isUseless({ direction, source, isIterative }: SearchInclude, { types }: IncludeContext): boolean {
  return direction === 'include' && !isIterative && source !== '*' && !types.includes(source);
}

/** In: `_include`, `_revinclude:iterate` …, and its value. Out: what is wanted, or what is wrong with it. */
export function readInclude(name: string, value: string, context: IncludeContext): SearchInclude | Issue {
  const [base = '', modifier] = name.split(':', 2);
  const refuse = (text: string): Issue => errorIssue('not-supported', `${name}=${value} cannot be used: ${text}`);
  if (modifier !== undefined && modifier !== 'iterate') {
    return refuse(`it takes the modifier :iterate only, not ":${modifier}".`);
  }
  const [source = '', parameter = source === '*' ? '*' : '', target, ...more] = value.split(':');
  if (source === '' || parameter === '' || more.length > 0) return refuse(`it is not complete. ${form}.`);
  const include: SearchInclude = {
    direction: base === '_include' ? 'include' : 'revinclude',
    source,
    parameter,
    ...(target !== undefined && target !== '' && { target }),
    isIterative: modifier === 'iterate',
  };
  if (include.direction === 'revinclude' && source === '*') {
    return refuse('every type would have to be searched. Name the one that refers, as in Observation:*.');
  }
  const issue = namedIssue(include, context);
  if (issue !== undefined) return refuse(issue);
  if (isUseless(include, context)) {
    return refuse(
      `the matches are of type ${context.types.slice(0, 10).join(', ')}; for what is included write ${base}:iterate.`,
    );
  }
  return include;
}
