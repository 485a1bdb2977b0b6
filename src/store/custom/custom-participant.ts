// How SearchParameter resources take effect: checked in the transaction of their write, which also leaves what they mean in the tables that every process follows.
import {
  errorIssue,
  FhirError,
  isSameMeaning,
  readSearchParameter,
  type CustomMeaning,
  type CustomUse,
  type FhirDefinitions,
  type ParsedResource,
  type ReadSearchParameter,
} from '../../fhir';
import { describeError, type Database, type Log, type Tx } from '../../platform';
import { CUSTOM_PARAMETERS_MAX, CUSTOM_USERS_SHOWN_MAX } from '../limits';
import type { ResourceChange, WriteParticipant } from '../write-participant.contract';
import type { CustomParameters } from './custom-parameters';
import { countRows, dropRows, hasRows, lockedRows, nextRevision, putRows, type CustomRow } from './custom-rows';

/** Ids of Subscriptions (at most `limit`) that are there and whose criteria use one of these parameters. */
export type CustomUsers = (
  tx: Tx,
  tenant: string,
  uses: readonly CustomUse[],
  limit: number,
) => Promise<readonly string[]>;

export interface CustomParticipantDeps {
  readonly standard: FhirDefinitions;
  readonly usersOf: CustomUsers;
  readonly custom: Pick<CustomParameters, 'refresh'>;
  readonly database: Database;
  readonly log: Log;
}

type Meaning = ReadSearchParameter['meanings'][number];

const nothing: ReadSearchParameter = { url: '', meanings: [] };
const useOf = ({ type, meaning }: Meaning): CustomUse => ({ type, code: meaning.code });
const nameOf = ({ type, meaning }: Meaning): string => `${type}.${meaning.code}`;

export class CustomParameterParticipant implements WriteParticipant {
  readonly types = ['SearchParameter'];
  private readonly changed = new WeakSet<ResourceChange>();

  constructor(private readonly deps: CustomParticipantDeps) {}

  /**
   * Throws FhirError 422 for what cannot be searched by, 409 for what would change under the feet of others. Writes its rows at once, so that the next
   * SearchParameter of the same transaction meets them.
   */
  async prepare(tx: Tx, change: ResourceChange): Promise<ParsedResource | undefined> {
    const { standard } = this.deps;
    const read = change.resource ? readSearchParameter(standard, change.resource.value) : nothing;
    const { tenant } = change.context;
    if (read.meanings.length === 0 && !(await hasRows(tx, tenant, change.id))) return undefined;
    // From here to the commit every other change of search parameters waits.
    const revision = await nextRevision(tx);
    const names = read.meanings.map(useOf);
    const there = await lockedRows(tx, { tenant, resourceId: change.id, names });
    const added = read.meanings.flatMap(
      (each) => this.rowFor(change, { ...each, url: read.url }, there, revision) ?? [],
    );
    const ended = await this.ended(tx, change, read.meanings, there, revision);
    await checkCount(tx, added, there);
    await dropRows(tx, ended.filter(({ isUsed }) => !isUsed).map(useOf));
    await putRows(tx, [...added, ...ended.filter(({ isUsed }) => isUsed)]);
    this.changed.add(change);
    return undefined;
  }

  committed(change: ResourceChange): void {
    if (!this.changed.has(change)) return;
    const { custom, database, log } = this.deps;
    custom.refresh(database).catch((error: unknown) => {
      // Expected: the database went away. The worker asks again.
      log.warn({ reason: describeError(error) }, 'search-parameters.database-away');
    });
  }

  /** The row of one base type, if it is to be written. */
  private rowFor(
    change: ResourceChange,
    wanted: Meaning & { readonly url: string },
    there: readonly CustomRow[],
    revision: number,
  ): CustomRow | undefined {
    const { tenant } = change.context;
    const known = there.find((row) => nameOf(row) === nameOf(wanted));
    if (known && known.state !== 'ended' && (known.resourceId !== change.id || known.tenant !== tenant)) {
      const whose = known.tenant === tenant ? `SearchParameter/${known.resourceId} (${known.url})` : 'another one';
      const text = `${whose} is the search parameter "${wanted.meaning.code}" of ${wanted.type} already. Use another code, or change that one.`;
      throw new FhirError(409, errorIssue('conflict', text, 'SearchParameter.code'));
    }
    const isSame = known !== undefined && isSameMeaning(known.meaning, wanted.meaning);
    if (known?.isUsed && !isSame) throw fixedMeaning(wanted, known.meaning);
    if (known && isSame && known.state !== 'ended' && known.url === wanted.url) return undefined;
    const isStill = known !== undefined && isSame && known.state !== 'ended';
    return {
      tenant,
      ...wanted,
      resourceId: change.id,
      state: isStill ? known.state : 'waiting',
      isUsed: known?.isUsed ?? false,
      revision,
      since: isStill ? known.since : revision,
    };
  }

  /** Rows of this resource that it does not ask for any more, as they are from now on. @throws FhirError 409 while somebody needs them */
  private async ended(
    tx: Tx,
    change: ResourceChange,
    wanted: readonly Meaning[],
    there: readonly CustomRow[],
    revision: number,
  ): Promise<CustomRow[]> {
    const { tenant } = change.context;
    const kept = new Set(wanted.map(nameOf));
    const mine = there.filter((row) => row.tenant === tenant && row.resourceId === change.id && row.state !== 'ended');
    const ended = mine.filter((row) => !kept.has(nameOf(row)));
    const used = ended.filter(({ isUsed }) => isUsed).map(useOf);
    const users = used.length === 0 ? [] : await this.deps.usersOf(tx, tenant, used, CUSTOM_USERS_SHOWN_MAX + 1);
    if (users.length > 0) throw inUse(used, users);
    return ended.map((row) => ({ ...row, state: 'ended', revision }));
  }
}

function fixedMeaning({ type, meaning: { code } }: Meaning, before: CustomMeaning): FhirError {
  const text = `The search parameter "${code}" of ${type} was used by Subscriptions, so its meaning (${before.type}, ${before.expression}) is fixed. Use another code for another meaning.`;
  return new FhirError(409, errorIssue('conflict', text, 'SearchParameter.expression'));
}

function inUse(used: readonly CustomUse[], users: readonly string[]): FhirError {
  const names = used.map(({ type, code }) => `"${code}" of ${type}`).join(', ');
  const shown = users.slice(0, CUSTOM_USERS_SHOWN_MAX).map((id) => `Subscription/${id}`);
  const more = users.length > CUSTOM_USERS_SHOWN_MAX ? ' and others' : '';
  const text = `The search parameter ${names} is used by ${shown.join(', ')}${more}. Delete these, or change their criteria, before it ends.`;
  return new FhirError(409, errorIssue('conflict', text));
}

async function checkCount(tx: Tx, added: readonly CustomRow[], there: readonly CustomRow[]): Promise<void> {
  const fresh = added.filter((row) => !there.some((known) => nameOf(known) === nameOf(row))).length;
  if (fresh === 0 || (await countRows(tx)) + fresh <= CUSTOM_PARAMETERS_MAX) return;
  const text = `There can be at most ${CUSTOM_PARAMETERS_MAX} search parameters of one's own (each base type counts). Delete some first.`;
  throw new FhirError(422, errorIssue('too-costly', text, 'SearchParameter.base'));
}
