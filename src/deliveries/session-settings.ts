// How the deliverer's sessions plan: by index, always. On young tables without statistics the planner would rather read all of `delivery`, and the plan
// of a prepared statement stays when the table has grown. Checked by test/component/deliveries/plans.spec.ts.

/** For the pool of the deliverer role (`Database.open`). */
export const DELIVERER_SESSION_SETTINGS: Readonly<Record<string, string>> = {
  jit: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
};
