// Rows of subscription_secret: the header values of an incarnation, sealed.
import type { Tx } from '../platform';
import type { SecretBox } from './secret-box';

/** In: header names (any case) with new values, and the names that remain at all. Others are deleted. */
export async function storeSecrets(
  tx: Tx,
  box: SecretBox,
  subscriptionKey: number,
  secrets: { readonly remaining: readonly string[]; readonly values: ReadonlyMap<string, string> },
): Promise<void> {
  const remaining = secrets.remaining.map((name) => name.toLowerCase());
  await tx.query({
    name: 'subscription_secret_delete_others',
    text: `delete from subscription_secret where subscription_key = $1 and not (name = any($2::text[]))`,
    values: [subscriptionKey, remaining],
  });
  if (secrets.values.size === 0) return;
  const names = [...secrets.values.keys()].map((name) => name.toLowerCase());
  const sealed = [...secrets.values].map(([name, value]) => box.seal(subscriptionKey, name, value));
  await tx.query({
    name: 'subscription_secret_upsert',
    text: `insert into subscription_secret (subscription_key, name, ciphertext)
      select $1, s.name, s.ciphertext from unnest($2::text[], $3::bytea[]) s(name, ciphertext)
      on conflict (subscription_key, name) do update set ciphertext = excluded.ciphertext`,
    values: [subscriptionKey, names, sealed],
  });
}

/** Names (lower case) with a stored value, by key; a key without any is left out. */
export async function secretNames(tx: Tx, keys: readonly number[]): Promise<ReadonlyMap<number, ReadonlySet<string>>> {
  const { rows } = await tx.query<{ subscription_key: number; names: string[] }>({
    name: 'subscription_secret_names',
    text: `select subscription_key, array_agg(name) as names from subscription_secret
      where subscription_key = any($1::bigint[]) group by subscription_key`,
    values: [keys],
  });
  return new Map(rows.map((row) => [row.subscription_key, new Set(row.names)]));
}

/** Forgets the values of an incarnation that ended. */
export async function deleteSecrets(tx: Tx, subscriptionKey: number): Promise<void> {
  await tx.query({
    name: 'subscription_secret_delete',
    text: `delete from subscription_secret where subscription_key = $1`,
    values: [subscriptionKey],
  });
}

/** Opens one stored value, if there is any. Throws SecretError when the configured key is not the one it was written with: do not start. */
export async function verifySecretKey(db: Tx, box: SecretBox): Promise<void> {
  const { rows } = await db.query<{ subscription_key: number; name: string; ciphertext: Buffer }>({
    name: 'subscription_secret_sample',
    text: `select subscription_key, name, ciphertext from subscription_secret order by subscription_key desc limit 1`,
    values: [],
  });
  const [sample] = rows;
  if (sample !== undefined) box.open(sample.subscription_key, sample.name, sample.ciphertext);
}
