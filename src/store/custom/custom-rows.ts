// The tables of search parameters of one's own: custom_parameter, custom_parameter_counter, custom_fence.
import type { CustomKnowledge, CustomMeaning, CustomState, CustomUse, SearchParameterType } from '../../fhir';
import type { Tx } from '../../platform';

export interface CustomRow {
  readonly tenant: string;
  readonly type: string;
  readonly meaning: CustomMeaning;
  readonly resourceId: string;
  readonly url: string;
  readonly state: CustomState;
  readonly isUsed: boolean;
  readonly revision: number;
  readonly since: number;
}

interface ParameterRow {
  tenant: string;
  type: string;
  code: string;
  resource_id: string;
  url: string;
  param_type: SearchParameterType;
  expression: string;
  targets: string[] | null;
  state: CustomState;
  is_used: boolean;
  revision: number;
  since: number;
}

const COLUMNS =
  'tenant, type, code, resource_id, url, param_type, expression, targets, state, is_used, revision, since';

function rowFrom(row: ParameterRow): CustomRow {
  const { tenant, type, code, url, expression, targets, state, revision, since } = row;
  const meaning = { code, type: row.param_type, expression, ...(targets !== null && { targets }) };
  return { tenant, type, meaning, resourceId: row.resource_id, url, state, isUsed: row.is_used, revision, since };
}

interface KnowledgeRow {
  last_revision: number;
  is_mine: boolean;
  parameters: ParameterRow[];
  fences: { type: string; revision: number }[];
}

/**
 * Everything, when the revision is not `known` any more; in one snapshot. What this very transaction has changed is not told: it may be rolled back.
 * One row is read when nothing has changed.
 */
export async function knowledgeSince(tx: Tx, known: number): Promise<CustomKnowledge | undefined> {
  const { rows } = await tx.query<KnowledgeRow>({
    name: 'custom_knowledge',
    text: `select c.last_revision,
        coalesce(c.xmin::text::bigint = pg_current_xact_id_if_assigned()::text::bigint % 4294967296, false) as is_mine,
        (select coalesce(json_agg(p), '[]') from custom_parameter p) as parameters,
        (select coalesce(json_agg(f), '[]') from custom_fence f) as fences
      from custom_parameter_counter c where c.last_revision <> $1`,
    values: [known],
  });
  const [row] = rows;
  if (row === undefined || row.is_mine) return undefined;
  const fences = new Map(row.fences.map(({ type, revision }) => [type, revision]));
  return { revision: row.last_revision, parameters: row.parameters.map(rowFrom), fences };
}

/** The next revision; until commit nobody else can draw one. */
export async function nextRevision(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ last_revision: number }>({
    name: 'custom_next_revision',
    text: `update custom_parameter_counter set last_revision = last_revision + 1 returning last_revision`,
    values: [],
  });
  return rows[0]!.last_revision;
}

/** Rows of this SearchParameter, and rows of these names whoever's they are; locked. Counts on custom_parameter_by_resource and the primary key. */
export async function lockedRows(
  tx: Tx,
  { tenant, resourceId, names }: { tenant: string; resourceId: string; names: readonly CustomUse[] },
): Promise<CustomRow[]> {
  const { rows } = await tx.query<ParameterRow>({
    name: 'custom_locked_rows',
    text: `select ${COLUMNS} from custom_parameter
      where (tenant = $1 and resource_id = $2)
        or (type, code) in (select n.type, n.code from unnest($3::text[], $4::text[]) n(type, code))
      order by type, code for update`,
    values: [tenant, resourceId, names.map(({ type }) => type), names.map(({ code }) => code)],
  });
  return rows.map(rowFrom);
}

/** Whether this SearchParameter is in effect anywhere. The lock on its resource keeps it so. */
export async function hasRows(tx: Tx, tenant: string, resourceId: string): Promise<boolean> {
  const { rows } = await tx.query({
    name: 'custom_has_rows',
    text: `select 1 from custom_parameter where tenant = $1 and resource_id = $2 and state <> 'ended' limit 1`,
    values: [tenant, resourceId],
  });
  return rows.length > 0;
}

/** How many there are, ended ones included. */
export async function countRows(tx: Tx): Promise<number> {
  const { rows } = await tx.query<{ count: number }>({
    name: 'custom_count',
    text: `select count(*) as count from custom_parameter`,
    values: [],
  });
  return rows[0]!.count;
}

export async function putRows(tx: Tx, rows: readonly CustomRow[]): Promise<void> {
  if (rows.length === 0) return;
  const flat = rows.map(({ meaning, resourceId, isUsed, ...row }) => ({
    ...row,
    code: meaning.code,
    param_type: meaning.type,
    expression: meaning.expression,
    targets: meaning.targets ?? null,
    resource_id: resourceId,
    is_used: isUsed,
  }));
  await tx.query({
    name: 'custom_put',
    text: `insert into custom_parameter (${COLUMNS})
      select ${COLUMNS} from json_populate_recordset(null::custom_parameter, $1::json)
      on conflict (type, code) do update set tenant = excluded.tenant, resource_id = excluded.resource_id, url = excluded.url,
        param_type = excluded.param_type, expression = excluded.expression, targets = excluded.targets, state = excluded.state,
        is_used = excluded.is_used, revision = excluded.revision, since = excluded.since`,
    values: [JSON.stringify(flat)],
  });
}

export async function dropRows(tx: Tx, names: readonly CustomUse[]): Promise<void> {
  if (names.length === 0) return;
  await tx.query({
    name: 'custom_drop',
    text: `delete from custom_parameter p using unnest($1::text[], $2::text[]) n(type, code) where p.type = n.type and p.code = n.code`,
    values: [names.map(({ type }) => type), names.map(({ code }) => code)],
  });
}

/** Those of the uses that are searchable as they are known, of this tenant. With `lock`, nobody can change them until the transaction ends. */
export async function confirmedUses(
  tx: Tx,
  tenant: string,
  uses: readonly CustomUse[],
  manner: 'look' | 'lock',
): Promise<readonly { readonly type: string; readonly code: string; readonly isUsed: boolean }[]> {
  const { rows } = await tx.query<ParameterRow>({
    name: `custom_confirmed_${manner}`,
    text: `select p.* from unnest($2::text[], $3::text[], $4::int[]) n(type, code, revision)
      join custom_parameter p on p.type = n.type and p.code = n.code
      where p.tenant = $1 and p.state = 'searchable' and p.revision = n.revision
      order by p.type, p.code${manner === 'lock' ? ' for share of p' : ''}`,
    values: [
      tenant,
      uses.map(({ type }) => type),
      uses.map(({ code }) => code),
      uses.map((use) => use.revision ?? null),
    ],
  });
  return rows.map(({ type, code, is_used: isUsed }) => ({ type, code, isUsed }));
}

/** From now on their meaning is fixed. */
export async function markUsed(tx: Tx, uses: readonly CustomUse[]): Promise<void> {
  await tx.query({
    name: 'custom_mark_used',
    text: `update custom_parameter p set is_used = true from unnest($1::text[], $2::text[]) n(type, code)
      where p.type = n.type and p.code = n.code and not p.is_used`,
    values: [uses.map(({ type }) => type), uses.map(({ code }) => code)],
  });
}

/** Those of a type that no index pass has been done for become searchable, when the pass began late enough to know them. Out: their codes. */
export async function markSearchable(
  tx: Tx,
  place: { readonly tenant: string; readonly type: string; readonly fence: number },
  revision: number,
): Promise<string[]> {
  const { rows } = await tx.query<{ code: string }>({
    name: 'custom_mark_searchable',
    text: `update custom_parameter set state = 'searchable', revision = $4
      where tenant = $1 and type = $2 and state = 'waiting' and since <= $3 returning code`,
    values: [place.tenant, place.type, place.fence, revision],
  });
  return rows.map(({ code }) => code);
}
