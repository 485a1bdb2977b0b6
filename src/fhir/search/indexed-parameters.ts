// Per resource type: how each supported search parameter takes its entries from a resource. Compiled once, when the type
// is first met; used by the index of the store and by matching alike.
import type { FhirDefinitions, SearchParameterDefinition } from '../definitions';
import { compileBranch, runWalk, type LeafElement, type Walk } from '../path/compile-path';
import { interpretedSelect, type Select } from '../path/interpreted-path';
import { parsePath } from '../path/parse-path';
import type { FhirResource } from '../resource';
import { repeatingComposite, wholeComposite } from './compile-composite';
import { compositeType } from './composite';
import type { IndexedParameter, ParameterEntries } from './indexed-parameter';
import type { SearchEntry } from './search-entry';
import type { EntryCollector, SearchType } from './search-type.contract';
import { refusedParameters, searchTypes } from './search-types';

export type { IndexedParameter, ParameterEntries };

const nothing: ParameterEntries = Object.freeze({ isPresent: false, entries: Object.freeze([]) });

function hasValue(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return true;
  for (const key in node) if (key !== 'id' && key !== 'extension') return true;
  return false;
}

interface Collecting {
  readonly walk: Walk;
  readonly collect: EntryCollector<SearchEntry> | undefined;
}

function extractor(collecting: readonly Collecting[]): IndexedParameter['extract'] {
  return (resource, baseUrl) => {
    let entries: SearchEntry[] | undefined;
    for (const { walk, collect } of collecting) {
      runWalk(walk, resource, (node) => {
        if (!hasValue(node)) return;
        entries ??= [];
        collect?.(node, entries, baseUrl);
      });
    }
    return entries ? { isPresent: true, entries } : nothing;
  };
}

/** `X.exists() and X != false`: always one boolean. */
function existenceExtractor(walk: Walk, walks: readonly Walk[], collect: EntryCollector<SearchEntry>) {
  return (resource: FhirResource, baseUrl: string): ParameterEntries => {
    let found = false;
    for (const each of walks) runWalk(each, resource, (node) => void (found ||= node !== false));
    const entries: SearchEntry[] = [];
    collect(found, entries, baseUrl);
    return { isPresent: true, entries };
  };
}

function interpretedExtractor(
  expression: string,
  collectorOf: (leaf: LeafElement) => EntryCollector<SearchEntry> | undefined,
): IndexedParameter['extract'] {
  let select: Select | undefined;
  return (resource, baseUrl) => {
    select ??= interpretedSelect(expression);
    const entries: SearchEntry[] = [];
    const nodes = select(resource).filter(({ node }) => hasValue(node));
    for (const { node, type } of nodes) collectorOf({ type, path: '' })?.(node, entries, baseUrl);
    return nodes.length > 0 ? { isPresent: true, entries } : nothing;
  };
}

/** An expression of somebody else's may fail on a resource that it was not made for: it then finds nothing there, in the index and in matching alike. */
function orNothing(extract: IndexedParameter['extract']): IndexedParameter['extract'] {
  return (resource, baseUrl) => {
    try {
      return extract(resource, baseUrl);
    } catch {
      // Expected: what FHIRPath calls an error, for example a comparison of several values with one.
      return nothing;
    }
  };
}

function compileWalks(definitions: FhirDefinitions, expression: string): Walk[] | undefined {
  const compiled = parsePath(expression)?.map((branch) => compileBranch(definitions, branch));
  return compiled?.every((walks) => walks !== undefined) ? compiled.flat() : undefined;
}

function compileParameter(
  definitions: FhirDefinitions,
  definition: SearchParameterDefinition,
  searchType: SearchType,
  slot: number,
): IndexedParameter {
  const collectorOf = (leaf: LeafElement) => searchType.entries(leaf, definitions);
  const walks = compileWalks(definitions, definition.expression);
  if (!walks) {
    const interpreted = interpretedExtractor(definition.expression, collectorOf);
    const extract = definition.custom ? orNothing(interpreted) : interpreted;
    return { definition, searchType, slot, isSingle: false, leafTypes: [], leafPaths: [], extract };
  }
  const collecting = walks.map((walk) => ({ walk, collect: collectorOf(walk.leaf) }));
  const [first] = collecting;
  return {
    definition,
    searchType,
    slot,
    isSingle: new Set(walks.map((walk) => walk.choice)).size === 1 && walks.every((walk) => walk.isSingle),
    leafTypes: [...new Set(walks.map((walk) => walk.leaf.type))],
    leafPaths: walks.map((walk) => walk.leaf.path),
    extract:
      first?.walk.isExistence && first.collect
        ? existenceExtractor(first.walk, walks, first.collect)
        : extractor(collecting),
  };
}

function compileComposite(
  definitions: FhirDefinitions,
  definition: SearchParameterDefinition,
  resourceType: string,
  compiled: ReadonlyMap<string, IndexedParameter>,
): IndexedParameter | undefined {
  const walks = compileWalks(definitions, definition.expression);
  if (!walks) return undefined;
  const isSingle = walks.length === 1 && walks[0]!.isSingle;
  const composite = isSingle
    ? wholeComposite(definition, compiled)
    : repeatingComposite(definitions, definition, walks, resourceType);
  if (!composite) return undefined;
  const { parts } = composite;
  return {
    definition,
    searchType: compositeType(parts),
    slot: compiled.size,
    isSingle,
    leafTypes: [],
    leafPaths: walks.map((walk) => walk.leaf.path),
    parts,
    extract: (resource, baseUrl) => {
      const entries = composite.entriesOf(resource, baseUrl);
      return entries.length > 0 ? { isPresent: true, entries } : nothing;
    },
  };
}

function compileType(definitions: FhirDefinitions, resourceType: string): ReadonlyMap<string, IndexedParameter> {
  const compiled = new Map<string, IndexedParameter>();
  for (const definition of definitions.searchParameters(resourceType).values()) {
    const searchType = searchTypes[definition.type];
    if (!searchType || definition.code in refusedParameters || definition.expression === '') continue;
    compiled.set(definition.code, compileParameter(definitions, definition, searchType, compiled.size));
  }
  // After the others, since their parts are among these.
  for (const definition of definitions.searchParameters(resourceType).values()) {
    const composite =
      definition.type === 'composite' ? compileComposite(definitions, definition, resourceType, compiled) : undefined;
    if (composite) compiled.set(definition.code, composite);
  }
  return compiled;
}

type IndexedByCode = ReadonlyMap<string, IndexedParameter>;

const known = new WeakMap<FhirDefinitions, Map<string, IndexedByCode>>();

function standardParameters(definitions: FhirDefinitions, resourceType: string): IndexedByCode {
  let types = known.get(definitions);
  if (!types) known.set(definitions, (types = new Map<string, IndexedByCode>()));
  let parameters = types.get(resourceType);
  if (!parameters) types.set(resourceType, (parameters = compileType(definitions, resourceType)));
  return parameters;
}

const knownCustom = new WeakMap<SearchParameterDefinition, IndexedParameter>();

function customParameter(standard: FhirDefinitions, definition: SearchParameterDefinition): IndexedParameter {
  let parameter = knownCustom.get(definition);
  if (!parameter) {
    const searchType = searchTypes[definition.type];
    if (!searchType) throw new Error(`Search parameters of type ${definition.type} cannot be of one's own`);
    parameter = compileParameter(standard, definition, searchType, definition.custom!.slot);
    knownCustom.set(definition, parameter);
  }
  return parameter;
}

const withCustom = new WeakMap<ReadonlyMap<string, SearchParameterDefinition>, IndexedByCode>();

/** The parameters of a resource type that Herald can search and match by, by code; empty for an unknown type. */
export function indexedParameters(definitions: FhirDefinitions, resourceType: string): IndexedByCode {
  const { custom } = definitions;
  if (custom === undefined) return standardParameters(definitions, resourceType);
  const standard = standardParameters(custom.standard, resourceType);
  const added = custom.of(resourceType);
  if (added === undefined) return standard;
  let parameters = withCustom.get(added);
  if (!parameters) {
    const own = [...added.values()].map((each) => [each.code, customParameter(custom.standard, each)] as const);
    withCustom.set(added, (parameters = new Map([...standard, ...own])));
  }
  return parameters;
}
