// Named maxima of search: what a query may ask for at most.

export const searchLimits = Object.freeze({
  /** Filter parameters in one query (repeats counted). */
  clausesMax: 50,
  /** Comma-separated values of one parameter (OR). */
  valuesMax: 1_000,
  /** Characters of one parameter (all its values), after decoding. */
  valueCharactersMax: 131_072,
  /** Links of one chain, forward and reverse ones together (`subject.organization.name` has two). */
  chainLinksMax: 4,
  /** Ways that a chain without types can take through its targets; a `:Type` makes them fewer. */
  chainPathsMax: 200,
  /** Keys of one `_sort`. */
  sortKeysMax: 5,
  /** `_include` and `_revinclude` of one search. */
  includesMax: 50,
  /** Characters of a Subscription's criteria, as they are sent and in their canonical form. */
  criteriaCharactersMax: 131_072,
  /** Characters of a unit that is looked up as UCUM; a longer one is compared with itself only. */
  unitCharactersMax: 64,
  /** Units kept in memory once looked up. */
  unitsKnownMax: 2_000,
  /** Largest page a client may ask for with `_count`; a larger wish is answered with this many. */
  countMax: 1000,
});

/** How much an explanation shows of each side of a clause. */
export const explainLimits = Object.freeze({
  /** Values asked for, and values found. */
  shownMax: 20,
  /** Characters of one of them. */
  charactersMax: 200,
});

/** Search parameters of one's own. */
export const customLimits = Object.freeze({
  /** Characters of the code. */
  codeCharactersMax: 64,
  /** Characters of the expression. */
  expressionCharactersMax: 2_000,
  /** Of an expression that is interpreted: characters, and signs that join parts of it. Each resource of the type pays for it. */
  interpretedCharactersMax: 500,
  interpretedUnionsMax: 10,
  /** Base types of one SearchParameter. */
  basesMax: 20,
});
