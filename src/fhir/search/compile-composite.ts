// How composite parameters take pairs from a resource. Over one element at most (the resource itself, a single backbone) a pair is any two
// values of its parts as parameters of their own; over repeating elements the parts are looked for in each of them.
import type { FhirDefinitions, SearchParameterComponent, SearchParameterDefinition } from '../definitions';
import type { SearchParameterType } from '../definitions';
import { compileBranch, runWalk, runWalkFrom, type Walk } from '../path/compile-path';
import { parsePath } from '../path/parse-path';
import type { FhirResource } from '../resource';
import type { CompositePart } from './composite';
import type { IndexedParameter } from './indexed-parameter';
import type { CompositeEntry, SearchEntry } from './search-entry';
import type { EntryCollector, SearchType } from './search-type.contract';
import { searchTypes } from './search-types';

export interface CompiledComposite {
  readonly parts: readonly CompositePart[];
  entriesOf(resource: FhirResource, baseUrl: string): CompositeEntry[];
}

interface PartWalks {
  readonly isFromRoot: boolean;
  readonly collecting: readonly { readonly walk: Walk; readonly collect: EntryCollector<SearchEntry> }[];
}

/** Types that the parts of a repeating composite may have: see store/search/composite.sql.ts. */
const partTypes: readonly SearchParameterType[] = ['token', 'reference', 'number', 'quantity'];

const fromRoot = '%resource.';

/** Parts that are parameters of the type: each with what it finds in the whole resource. */
export function wholeComposite(
  { components = [] }: SearchParameterDefinition,
  parameters: ReadonlyMap<string, IndexedParameter>,
): CompiledComposite | undefined {
  const found = components.flatMap(({ code }) => parameters.get(code) ?? []);
  if (components.length === 0 || found.length < components.length) return undefined;
  return {
    parts: found,
    entriesOf: (resource, baseUrl) => pairs(found.map((part) => part.extract(resource, baseUrl).entries)),
  };
}

function pairs(parts: readonly (readonly SearchEntry[])[]): CompositeEntry[] {
  return parts.every((entries) => entries.length > 0) ? [{ kind: 'composite', parts }] : [];
}

function walksFrom(definitions: FhirDefinitions, type: string, expression: string): Walk[] {
  const branches = expression.split(' | ').map((branch) => parsePath(`Element.${branch}`)?.[0]);
  return branches.flatMap((branch) => (branch && compileBranch(definitions, { ...branch, root: type })) ?? []);
}

function collectingBy(definitions: FhirDefinitions, walks: readonly Walk[], searchType: SearchType) {
  return walks.flatMap((walk) => {
    const collect = searchType.entries(walk.leaf, definitions);
    return collect ? [{ walk, collect }] : [];
  });
}

interface Found {
  readonly part: CompositePart;
  readonly walks: PartWalks;
}

/**
 * A part by the type that fits its elements. It is the declared one but for DocumentReference.relationship, whose definition has its two
 * parts exchanged: the elements then say what they are.
 */
function partOf(
  definitions: FhirDefinitions,
  component: SearchParameterComponent,
  elementType: string,
  resourceType: string,
): Found | undefined {
  const { code, expression } = component;
  const isFromRoot = expression.startsWith(fromRoot);
  const start = isFromRoot ? resourceType : elementType;
  const walks = walksFrom(definitions, start, isFromRoot ? expression.slice(fromRoot.length) : expression);
  for (const type of new Set<SearchParameterType>([component.type, 'token', 'reference'])) {
    const searchType = partTypes.includes(type) ? searchTypes[type] : undefined;
    const collecting = searchType ? collectingBy(definitions, walks, searchType) : [];
    if (!searchType || collecting.length === 0) continue;
    const leafTypes = [...new Set(walks.map((walk) => walk.leaf.type))];
    const part = { definition: { code, type, url: '', expression }, searchType, leafTypes };
    return { part, walks: { isFromRoot, collecting } };
  }
  return undefined;
}

function entriesIn({ isFromRoot, collecting }: PartWalks, element: unknown, root: FhirResource, baseUrl: string) {
  const entries: SearchEntry[] = [];
  for (const { walk, collect } of collecting) {
    runWalkFrom(walk, isFromRoot ? root : element, root, (node) => collect(node, entries, baseUrl));
  }
  return entries;
}

/** Pairs within each of the elements that `elements` find; undefined when a part has no type that can be kept in pairs. */
export function repeatingComposite(
  definitions: FhirDefinitions,
  { components = [] }: SearchParameterDefinition,
  elements: readonly Walk[],
  resourceType: string,
): CompiledComposite | undefined {
  const compiled = elements.map((walk) => ({
    walk,
    parts: components.map((component) => partOf(definitions, component, walk.leaf.type, resourceType)),
  }));
  const complete = compiled.flatMap(({ walk, parts }) => {
    const found = parts.filter((part) => part !== undefined);
    return found.length === components.length ? [{ walk, found }] : [];
  });
  if (complete.length === 0 || complete.length < compiled.length) return undefined;
  return {
    parts: complete[0]!.found.map(({ part }) => part),
    entriesOf: (resource, baseUrl) => {
      const entries: CompositeEntry[] = [];
      for (const { walk, found } of complete) {
        runWalk(walk, resource, (element) => {
          entries.push(...pairs(found.map(({ walks }) => entriesIn(walks, element, resource, baseUrl))));
        });
      }
      return entries;
    },
  };
}
