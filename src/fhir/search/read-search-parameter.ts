// A SearchParameter resource → what it means on each of its base types, or issues that name the element and say what to do.
// http://hl7.org/fhir/R4/searchparameter.html
import type { FhirDefinitions, SearchParameterType } from '../definitions';
import { errorIssue, FhirError, type Issue } from '../outcome/outcome';
import { compileBranch } from '../path/compile-path';
import { interpretedSelect } from '../path/interpreted-path';
import { parsePath } from '../path/parse-path';
import type { FhirResource } from '../resource';
import type { CustomMeaning } from './custom-definitions';
import { branchesOf, notInterpretable, rootOf } from './custom-expression';
import { customLimits } from './limits';
import { nearestHint } from './nearest-name';
import { searchTypes } from './search-types';

/** What an active SearchParameter says. */
export interface ReadSearchParameter {
  readonly url: string;
  readonly meanings: readonly { readonly type: string; readonly meaning: CustomMeaning }[];
}

const codePattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
const nothingToDo: ReadSearchParameter = { url: '', meanings: [] };

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];

/**
 * In: the standard's definitions and a validated SearchParameter. Out: its meaning on each base type; none when it is not active, or when it is the
 * standard's own description of a parameter. Throws FhirError 422 with everything that is wrong.
 */
export function readSearchParameter(standard: FhirDefinitions, resource: FhirResource): ReadSearchParameter {
  const { url, status, code, base } = resource as FhirResource & { url: string; status: string; code: string };
  if (status !== 'active') return nothingToDo;
  const types = texts(base);
  if (types.length > 0 && types.every((type) => isOfStandard(standard, type, code, url))) return nothingToDo;
  const reader = new Reader(standard, resource);
  const issues = [...codeIssues(code), ...baseIssues(standard, types, code), ...reader.issues()];
  if (issues.length > 0) throw new FhirError(422, issues);
  const meanings = [...new Set(types)].map((type) => ({ type, meaning: reader.meaningOn(type, issues) }));
  if (issues.length > 0) throw new FhirError(422, issues);
  return { url, meanings };
}

/** Whoever loads the standard's own SearchParameters adds nothing. */
function isOfStandard(standard: FhirDefinitions, type: string, code: string, url: string): boolean {
  const known = standard.searchParameters(type).get(code);
  return (
    known?.url === url || (url.startsWith('http://hl7.org/fhir/SearchParameter/') && !standard.isResourceType(type))
  );
}

function codeIssues(code: string): Issue[] {
  const { codeCharactersMax } = customLimits;
  if (codePattern.test(code) && code.length <= codeCharactersMax) return [];
  const text = `"${code.slice(0, codeCharactersMax)}" cannot be the name of a search parameter here: begin with a letter, then letters, digits, - and _, at most ${codeCharactersMax}.`;
  return [errorIssue('value', text, 'SearchParameter.code')];
}

function baseIssues(standard: FhirDefinitions, types: readonly string[], code: string): Issue[] {
  if (types.length > customLimits.basesMax) {
    const text = `A SearchParameter may have at most ${customLimits.basesMax} base types here; make several.`;
    return [errorIssue('too-costly', text, 'SearchParameter.base')];
  }
  return types.flatMap((type, index) => {
    const element = `SearchParameter.base[${index}]`;
    if (!standard.isResourceType(type)) {
      const hint = nearestHint(type, standard.resourceTypes);
      const text = `"${type}" is no resource type that is stored here. Name each type that is to have the parameter.${hint}`;
      return [errorIssue('not-supported', text, element)];
    }
    if (!standard.searchParameters(type).has(code)) return [];
    const text = `${type} has the search parameter "${code}" by the standard already. Use another code.`;
    return [errorIssue('business-rule', text, 'SearchParameter.code')];
  });
}

class Reader {
  private readonly code: string;
  private readonly type: SearchParameterType;
  private readonly expression: string | undefined;
  private readonly targets: readonly string[];

  constructor(
    private readonly standard: FhirDefinitions,
    resource: FhirResource,
  ) {
    const { code, type, expression, target } = resource as FhirResource & Record<string, unknown>;
    this.code = String(code);
    this.type = type as SearchParameterType;
    this.expression = typeof expression === 'string' ? expression.trim() : undefined;
    this.targets = texts(target);
  }

  /** What is wrong with it on any type. */
  issues(): Issue[] {
    const issues: Issue[] = [];
    if (searchTypes[this.type] === undefined) {
      const listed = Object.keys(searchTypes).join(', ');
      const text = `Parameters of one's own of type ${this.type} are not supported. Use one of ${listed}.`;
      issues.push(errorIssue('not-supported', text, 'SearchParameter.type'));
    }
    if (this.expression === undefined) {
      const text = 'An active SearchParameter needs an expression: the elements to search by, for example Flag.code.';
      issues.push(errorIssue('required', text, 'SearchParameter.expression'));
    } else if (this.expression.length > customLimits.expressionCharactersMax) {
      const text = `The expression has more than ${customLimits.expressionCharactersMax} characters. Make it shorter.`;
      issues.push(errorIssue('too-long', text, 'SearchParameter.expression'));
    }
    for (const [index, target] of this.targets.entries()) {
      if (this.standard.isResourceType(target)) continue;
      const text = `"${target}" is no resource type that is stored here.${nearestHint(target, this.standard.resourceTypes)}`;
      issues.push(errorIssue('not-supported', text, `SearchParameter.target[${index}]`));
    }
    return issues;
  }

  /** What it means on this type, which is one of its bases; adds to `issues` why it means nothing. */
  meaningOn(type: string, issues: Issue[]): CustomMeaning {
    const branches = branchesOf(this.expression!).filter((branch) => rootOf(branch) === type);
    const expression = branches.join(' | ');
    const problem = branches.length === 0 ? noBranch(type) : this.problemOf(type, expression);
    if (problem !== undefined) issues.push(errorIssue('value', problem, 'SearchParameter.expression'));
    const isReference = this.type === 'reference' && this.targets.length > 0;
    return { code: this.code, type: this.type, expression, ...(isReference && { targets: [...this.targets].sort() }) };
  }

  private problemOf(type: string, expression: string): string | undefined {
    const parsed = parsePath(expression);
    if (!parsed) return notInterpretable(expression) ?? this.failing(type, expression);
    const walks = parsed.map((branch) => compileBranch(this.standard, branch));
    const unknown = walks.findIndex((walk) => walk === undefined);
    if (unknown >= 0) {
      return `"${branchesOf(expression)[unknown]}" names an element that ${type} does not have. Correct the path.`;
    }
    const leaves = walks.flatMap((each) => each!.map(({ leaf }) => leaf));
    if (leaves.some((leaf) => searchTypes[this.type]!.entries(leaf, this.standard) !== undefined)) return undefined;
    const found = [...new Set(leaves.map((leaf) => leaf.type))].join(', ');
    return `"${expression}" finds ${found}, which nothing can be searched in by type ${this.type}. Use another type, or go on to an element below.`;
  }

  /** What FHIRPath itself says about the expression; undefined when it runs. */
  private failing(type: string, expression: string): string | undefined {
    try {
      interpretedSelect(expression)({ resourceType: type });
      return undefined;
    } catch (error) {
      // Expected: no FHIRPath, or nothing that runs on a resource of this type.
      const reason = error instanceof Error ? error.message.split('\n', 1)[0]!.slice(0, 200) : 'unknown';
      return `"${expression.slice(0, 200)}" is no FHIRPath expression that runs on ${type}: ${reason}. Correct it.`;
    }
  }
}

function noBranch(type: string): string {
  return `No part of the expression begins with ${type}. Write one for each base type, joined by |, as in ${type}.extension | …`;
}
