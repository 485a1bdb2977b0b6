// Named maxima of value sets in searches and criteria.

export const termLimits = Object.freeze({
  /** Codes of one value set, or below one code. */
  codesMax: 5_000,
  /** Value sets that include value sets that include … */
  depthMax: 5,
  /** ValueSets and CodeSystems read for one question. */
  resourcesMax: 20,
});
