// Named maxima of this room.
export const fhirLimits = Object.freeze({
  /** Objects and arrays inside each other in one JSON text; a Questionnaire item costs two per level. */
  jsonDepthMax: 128,
  /** Entries of one batch or transaction Bundle. */
  bundleEntriesMax: 10_000,
  /** Characters of one string element (the specification's megabyte); base64 and narrative have no bound but the body's. */
  stringCharactersMax: 1_048_576,
  /** Issues reported for one resource: after these the rest is not looked for. */
  validationIssuesMax: 100,
  /** Characters of a client's value quoted in an issue's text. */
  quotedValueCharactersMax: 60,
});
