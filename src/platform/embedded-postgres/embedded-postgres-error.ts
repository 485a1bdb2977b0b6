// What went wrong with the embedded Postgres, in a sentence that says what to do.
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}
