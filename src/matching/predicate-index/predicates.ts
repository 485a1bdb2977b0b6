// Clauses that candidates are verified by. Equal clauses of a type are one predicate, asked at most once per event, whoever shares it.
import { compileClause, satisfiesClause } from '../../fhir';
import type { CompiledClause, FhirDefinitions, SearchSubject } from '../../fhir';
import type { PlannedClause } from './planned-clause';

export interface Predicate {
  readonly text: string;
  readonly clause: CompiledClause;
  /** Groups that hold it. */
  uses: number;
  /** The event it was last asked about, and the answer. */
  askedAt: number;
  answer: boolean;
}

export class Predicates {
  private readonly known = new Map<string, Predicate>();

  constructor(
    private readonly definitions: FhirDefinitions,
    private readonly type: string,
    private readonly baseUrl: string,
  ) {}

  /** The predicate of this clause, held until it is given back. */
  take({ text, clause }: PlannedClause): Predicate {
    let predicate = this.known.get(text);
    if (!predicate) {
      const compiled = compileClause(this.definitions, this.type, clause);
      predicate = { text, clause: compiled, uses: 0, askedAt: -1, answer: false };
      this.known.set(text, predicate);
    }
    predicate.uses += 1;
    return predicate;
  }

  giveBack(predicate: Predicate): void {
    predicate.uses -= 1;
    if (predicate.uses === 0) this.known.delete(predicate.text);
  }

  /** Whether the event's subject satisfies it; `event` is the event's number in this process. */
  isTrue(predicate: Predicate, subject: SearchSubject, event: number): boolean {
    if (predicate.askedAt === event) return predicate.answer;
    // The answer first: an evaluation that throws must throw again when another group asks.
    predicate.answer = satisfiesClause(predicate.clause, subject, this.baseUrl);
    predicate.askedAt = event;
    return predicate.answer;
  }
}
