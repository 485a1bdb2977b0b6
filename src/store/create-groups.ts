// Creates that arrive together share a statement and a commit. The first goes out at once and alone; while CREATE_STATEMENTS_MAX are on their way, later
// ones gather, and leave together when one of those comes back. So a lone writer waits for nobody, and a crowd pays for far fewer commits.
import { joinBody } from '../fhir';
import { isTransient, uuidv7, type Database } from '../platform';
import type { Draft } from './draft';
import { CREATE_GROUP_BYTES_MAX, CREATE_GROUP_MAX, CREATE_STATEMENTS_MAX } from './limits';
import type { WriteContext } from './resource-version';
import { resourceRowsJson, sideRowsJson, type NewRow } from './rows-json';
import { sideTables } from './search/columns';
import { createRow } from './short-road';
import { createGroupSql } from './sql/create-group.sql';
import { endOf, type RoadEnd } from './written';

interface Waiting {
  readonly context: WriteContext;
  readonly draft: Draft;
  readonly now: Date;
  readonly resolve: (end: RoadEnd | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export class CreateGroups {
  private readonly waiting: Waiting[] = [];
  private onTheirWay = 0;

  constructor(private readonly database: Database) {}

  /** Stores version 1 of a resource under an id that is new; undefined when it turned out to be taken. An error of one never fails another. */
  create(context: WriteContext, draft: Draft, now: Date): Promise<RoadEnd | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ context, draft, now, resolve, reject });
      this.sendNext();
    });
  }

  private sendNext(): void {
    while (this.waiting.length > 0 && this.onTheirWay < CREATE_STATEMENTS_MAX) {
      this.onTheirWay += 1;
      void this.send(this.takeGroup()).finally(() => {
        this.onTheirWay -= 1;
        this.sendNext();
      });
    }
  }

  private takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { draft } of this.waiting) {
      bytes += draft.bytes;
      if (count > 0 && (count === CREATE_GROUP_MAX || bytes > CREATE_GROUP_BYTES_MAX)) break;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  /** Answers every one of the group; never rejects itself. */
  private async send(group: readonly Waiting[]): Promise<void> {
    if (group.length === 1) return this.sendAlone(group[0]!);
    try {
      const ends = await this.store(group);
      for (const [index, one] of group.entries()) one.resolve(ends[index]);
    } catch (error) {
      // Expected: the database went away (nobody knows what was committed, as with a single write), or one of the group cannot be
      // stored; the statement then left nothing, and each is tried by itself.
      if (isTransient(error)) for (const one of group) one.reject(error);
      else await Promise.all(group.map((one) => this.sendAlone(one)));
    }
  }

  private async sendAlone({ context, draft, now, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await createRow({ tx: this.database, context, now }, draft));
    } catch (error) {
      // Expected: whatever the statement failed with; it belongs to this caller.
      reject(error);
    }
  }

  private async store(group: readonly Waiting[]): Promise<RoadEnd[]> {
    const rows = group.map(({ context, draft, now }): NewRow => ({
      tenant: context.tenant,
      draft,
      version: 1,
      lastUpdated: now,
    }));
    const bodies = rows.map(({ draft, lastUpdated }) => joinBody(draft.body, 1, lastUpdated));
    const eventIds = group.map(({ now }) => uuidv7(now));
    await this.database.query({
      ...createGroupSql,
      values: [
        resourceRowsJson(rows),
        rows.map(({ draft }) => draft.id),
        bodies,
        rows.map(({ draft }) => draft.bytes + 1),
        eventIds,
        group.map(({ context }) => context.requestId),
        ...sideTables.map((_, table) => sideRowsJson(rows, table)),
      ],
    });
    return rows.map(({ tenant, draft, lastUpdated }, index) => {
      const { type, id, rootHash } = draft;
      const version = {
        tenant,
        type,
        id,
        version: 1,
        lastUpdated,
        interaction: 'create',
        body: bodies[index]!,
      } as const;
      return endOf({ version, eventId: eventIds[index]!, rootHash });
    });
  }
}
