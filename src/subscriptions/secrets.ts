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

/** Names (lower case) with a stored value. */
export async function secretNames(tx: Tx, subscriptionKey: number): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ name: string }>({
    name: 'subscription_secret_names',
    text: `select name from subscription_secret where subscription_key = $1`,
    values: [subscriptionKey],
  });
  return new Set(rows.map((row) => row.name));
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
