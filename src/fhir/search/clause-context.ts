// What reading one clause needs to know, and how it says no.
import type { FhirDefinitions } from '../definitions';
import type { Issue } from '../outcome/outcome';
import type { TermsOf } from '../terms/terms';

export interface ClauseContext {
  readonly definitions: FhirDefinitions;
  readonly resourceType: string;
  readonly baseUrl: string;
  readonly now?: Date;
  /** Other resources that may be asked: `chains` follows references, `all` also finds who refers (`_has`); absent: none. */
  readonly follows?: 'chains' | 'all';
  /** Answers what a clause asks of terminology; absent: such clauses are refused. */
  readonly termsOf?: TermsOf;
  /** Links that led here. */
  readonly links?: number;
}

/** Why a clause cannot be made. */
export interface ClauseRefusal {
  /** `parameter`: its name means nothing here, which lenient handling may leave out; `value`: value or modifier, which none may. */
  readonly concerns: 'parameter' | 'value';
  readonly issues: readonly Issue[];
}
