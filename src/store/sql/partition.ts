// Names of the per-type parts of the store. Hot statements are written and named per type: see migrations/0002-store.sql.
import type { Statement } from '../../platform';

/** A named statement without its values. */
export type PreparedText = Required<Pick<Statement, 'name' | 'text'>>;

/** The partition that holds the resources of a type. The type's name was checked against the definitions before. */
export function partitionOf(type: string): string {
  if (!/^[A-Z][A-Za-z]{1,63}$/.test(type)) throw new Error(`${type} is no resource type`);
  return `resource_${type.toLowerCase()}`;
}

/** Builds each type's statement once. */
export function perType(
  kind: string,
  text: (partition: string, type: string) => string,
): (type: string) => PreparedText {
  const built = new Map<string, PreparedText>();
  return (type) => {
    let statement = built.get(type);
    if (!statement) {
      statement = { name: `${kind}_${type}`, text: text(partitionOf(type), type) };
      built.set(type, statement);
    }
    return statement;
  };
}
