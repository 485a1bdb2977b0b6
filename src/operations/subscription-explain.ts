// POST Subscription/$explain, and GET or POST Subscription/[id]/$explain: does a resource match criteria, clause by clause with the values compared;
// and how many of the last changes would have matched. In: criteria or subscription; resource (itself or a reference) and/or changes (a number).
// Out: 200 and Parameters. Reads only.
import { canonicalQuery, explainQuery, type ExplainedClause } from '../fhir';
import { referencedBy } from '../matching';
import type { FhirOperation, OperationAnswer, OperationCall } from '../rest';
import type { Incarnation } from '../subscriptions';
import { askedQuery, askedResource, type AskedQuery, type AskedResource, type QuestionDeps } from './explain-question';
import { InputParameters } from './input-parameters';
import { EXPLAINED_CHANGES_MAX } from './limits';
import { lookBack, type LookBack, type LookBackDeps } from './look-back';

export type SubscriptionExplainDeps = QuestionDeps & LookBackDeps;

const NAMES = ['criteria', 'subscription', 'resource', 'changes'];

export class SubscriptionExplain implements FhirOperation {
  readonly code = 'explain';
  readonly type = 'Subscription';
  readonly definition = 'urn:herald:operation:subscription-explain';
  readonly isReadOnly = true;

  /** On the type criteria are part of the question; on an instance they are its own. */
  constructor(
    private readonly deps: SubscriptionExplainDeps,
    readonly level: 'type' | 'instance',
  ) {}

  /** @throws FhirError 400 naming the parameter, 404, 410, 422 criteria that cannot be evaluated */
  async perform(call: OperationCall): Promise<OperationAnswer> {
    const { deps } = this;
    const names = this.level === 'type' ? NAMES : NAMES.slice(2);
    const input = InputParameters.of(call.parameters, names);
    const count = input.count('changes', EXPLAINED_CHANGES_MAX);
    const asked = await askedQuery(deps, call, input);
    const about = await askedResource(deps, call, input);
    if (about === undefined && count === undefined)
      throw input.refuse('', 'resource or changes is required: say what the criteria are to be held against');
    const past = count === undefined ? undefined : await lookBack(deps, call.context.tenant, asked.query, count);
    const parameter = [
      { name: 'criteria', valueString: canonicalQuery(asked.query) },
      ...(about === undefined ? [] : await this.verdict(asked, about, call.context.tenant)),
      ...(past === undefined ? [] : [changesPart(past)]),
      ...notesOf(asked.stored).map((valueString) => ({ name: 'note', valueString })),
    ];
    return { status: 200, body: JSON.stringify({ resourceType: 'Parameters', parameter }) };
  }

  private async verdict({ query }: AskedQuery, about: AskedResource, tenant: string): Promise<object[]> {
    const { resource, reference, at } = about;
    const referenced = await referencedBy(this.deps, { tenant, resource, ...(at && { at }) }, [query]);
    const { isMatch, isOfType, clauses } = explainQuery(this.deps.definitions, query, resource, referenced);
    const other = `The criteria ask for ${query.type}; the resource is of type ${resource.resourceType}.`;
    return [
      { name: 'result', valueBoolean: isMatch },
      ...(reference === undefined ? [] : [{ name: 'resource', valueReference: { reference } }]),
      ...(isOfType ? [] : [{ name: 'note', valueString: other }]),
      ...clauses.map(clausePart),
    ];
  }
}

function clausePart(clause: ExplainedClause): object {
  const texts = (name: string, values: readonly string[]) => values.map((valueString) => ({ name, valueString }));
  return {
    name: 'clause',
    part: [
      { name: 'criterion', valueString: clause.criterion },
      { name: 'satisfied', valueBoolean: clause.isSatisfied },
      ...texts('wanted', clause.wanted),
      ...texts('found', clause.found),
      { name: 'explanation', valueString: clause.sentence },
    ],
  };
}

function changesPart({ examined, matched, examples }: LookBack): object {
  return {
    name: 'changes',
    part: [
      { name: 'examined', valueInteger: examined },
      { name: 'matched', valueInteger: matched },
      ...examples.map((reference) => ({ name: 'example', valueReference: { reference } })),
    ],
  };
}

/** What keeps a stored Subscription from hearing of an event although its criteria match. */
function notesOf(stored: Incarnation | undefined): string[] {
  if (stored === undefined || stored.isMatching) return [];
  const name = `Subscription/${stored.id}`;
  return [
    stored.status === 'requested'
      ? `${name} is not active yet: it hears of what is written after it is.`
      : `${name} is ${stored.status} and not matching: it hears of nothing now.`,
  ];
}
