// What this process knows of search parameters of one's own, kept up to date from the database. Nothing here is asked on the way of a write or a match that
// uses none.
import {
  CustomDefinitions,
  customUses,
  errorIssue,
  FhirError,
  type FhirDefinitions,
  type SearchQuery,
} from '../../fhir';
import type { CustomUse } from '../../fhir';
import type { Log, Tx } from '../../platform';
import { confirmedUses, knowledgeSince, markUsed } from './custom-rows';

export class CustomParameters {
  readonly definitions: CustomDefinitions;

  constructor(
    standard: FhirDefinitions,
    private readonly log: Log,
  ) {
    this.definitions = new CustomDefinitions(standard);
  }

  /** Takes in what was committed since; one small statement. Out: whether anything has changed since the call. Safe inside a transaction that is rolled back. */
  async refresh(tx: Tx): Promise<boolean> {
    const { revision: before } = this.definitions;
    const knowledge = await knowledgeSince(tx, before);
    if (knowledge !== undefined && this.definitions.take(knowledge)) {
      const { revision, parameters } = knowledge;
      this.log.info({ revision, parameters: parameters.length }, 'search-parameters.known');
    }
    // Somebody else's look may have been faster.
    return this.definitions.revision !== before;
  }

  /** What `read` makes of a client's words; read again where it refuses them (FhirError) and something was committed that this process had not heard of. */
  async understood<T>(tx: Tx, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      // Expected: the client's mistake, or a search parameter that this process has not heard of yet.
      if (!(error instanceof FhirError) || !(await this.refresh(tx))) throw error;
      return read();
    }
  }

  /** After a search: throws FhirError 409 when a parameter of one's own that it used was changed meanwhile, so that its answer means nothing. */
  async confirm(tx: Tx, tenant: string, queries: readonly SearchQuery[]): Promise<void> {
    const { definitions } = this;
    if (!definitions.hasAny) return;
    const uses = queries.flatMap((query) => customUses(definitions.searched, query));
    if (uses.length === 0) return;
    const missing = missingOf(uses, await confirmedUses(tx, tenant, uses, 'look'));
    if (missing.length === 0) return;
    await this.refresh(tx);
    throw new FhirError(409, errorIssue('conflict', `${changed(missing)} Search again.`));
  }

  /**
   * For criteria about to be stored: they use these parameters, whose meaning is fixed from now on. Locks them until the transaction ends.
   * Throws FhirError 409 when one of them was changed meanwhile.
   */
  async use(tx: Tx, tenant: string, uses: readonly CustomUse[]): Promise<void> {
    if (uses.length === 0) return;
    // The stronger lock first: two that ask for it after sharing the weaker one would wait for each other.
    await markUsed(tx, uses);
    const missing = missingOf(uses, await confirmedUses(tx, tenant, uses, 'lock'));
    if (missing.length === 0) return;
    throw new FhirError(
      409,
      errorIssue('conflict', `${changed(missing)} Send the Subscription again.`, 'Subscription.criteria'),
    );
  }
}

function missingOf(uses: readonly CustomUse[], confirmed: readonly { type: string; code: string }[]): CustomUse[] {
  return uses.filter(({ type, code }) => !confirmed.some((one) => one.type === type && one.code === code));
}

function changed(missing: readonly CustomUse[]): string {
  const names = missing.map(({ type, code }) => `"${code}" of ${type}`);
  return `The search parameter ${names.join(', ')} was changed at this moment.`;
}
