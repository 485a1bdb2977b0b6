// How the deliverer's sessions plan: by index, always. On young tables without statistics the planner would rather read all of `delivery`, and the plan
// of a prepared statement stays when the table has grown. Plans are made once for a session: arrays make every generic plan look dear, so the
// planner made a new one for each run, 0.5 to 1.3 ms where the statement itself takes 0.1. Checked by test/component/deliveries/plans.spec.ts.

/** For the pool of the deliverer role (`Database.open`). */
export const DELIVERER_SESSION_SETTINGS: Readonly<Record<string, string>> = {
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
};
