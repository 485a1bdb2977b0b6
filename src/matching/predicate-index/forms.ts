// The ways of making keys, each known by its name.
import type { SearchEntry } from '../../fhir';

export type Key = string | number;

/** One way to make keys. Two forms with the same name are the same object. */
export interface Form {
  readonly name: string;
  /** True when to have the key is to satisfy the value; otherwise the clause must still be verified. */
  readonly isExact: boolean;
  /** Presence is asked of the parameter, not of its entries. */
  readonly isPresence?: boolean;
  /** Keys of an entry; undefined when it has none in this form. */
  keysOf(entry: SearchEntry): Key | readonly Key[] | undefined;
}

/** Where a value is filed: under every one of `keys`. */
export interface ValueKeys {
  readonly form: Form;
  readonly keys: readonly Key[];
  /** Which key stands for the value when one suffices (a trigram of many). */
  readonly isOneEnough?: boolean;
}

const forms = new Map<string, Form>();

/** The form of this name, made when it is first asked for. */
export function form(name: string, make: () => Omit<Form, 'name'>): Form {
  let known = forms.get(name);
  if (!known) forms.set(name, (known = { name, ...make() }));
  return known;
}
