// Which search parameters of one's own a query uses, also in what it asks of other resources. Nothing for nearly all queries.
import type { FhirDefinitions, SearchParameterDefinition } from '../definitions';
import type { SearchClause, SearchQuery } from './search-query';

export interface CustomUse {
  /** Resource type. */
  readonly type: string;
  readonly code: string;
  /** Of the parameter as the query understands it; absent in stored criteria. */
  readonly revision?: number;
}

class Uses {
  readonly found = new Map<string, CustomUse>();

  add(type: string, parameter: SearchParameterDefinition | undefined): void {
    if (!parameter?.custom) return;
    const { code, custom } = parameter;
    const { revision } = custom;
    this.found.set(`${type}.${code}`, { type, code, ...(revision !== undefined && { revision }) });
  }

  addClause(type: string, { parameter, link }: SearchClause): void {
    this.add(type, parameter);
    switch (link?.kind) {
      case 'chain':
        for (const target of link.targets) this.addClause(target.type, target.clause);
        if (link.logical) this.addClause(type, link.logical);
        break;
      case 'any':
        for (const clause of link.clauses) this.addClause(type, clause);
        break;
      case 'has':
        this.add(link.type, link.reference);
        this.addClause(link.type, link.clause);
        break;
      case undefined:
    }
  }
}

/** Each once, by its clauses and its order. `definitions` are those that the query was read with. */
export function customUses(definitions: FhirDefinitions, query: SearchQuery): readonly CustomUse[] {
  if (definitions.custom === undefined) return [];
  const uses = new Uses();
  for (const clause of query.clauses) uses.addClause(query.type, clause);
  for (const { code } of query.sort ?? []) uses.add(query.type, definitions.custom.of(query.type)?.get(code));
  return [...uses.found.values()];
}
