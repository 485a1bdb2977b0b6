// The door of matching.
export {
  Matcher,
  MATCHER_SESSION_SETTINGS,
  type MatcherDeps,
  type ScheduleDeliveries,
  type ScheduledMatch,
} from './matcher';
export { MatcherWorker, type MatcherWorkerDeps } from './matcher.worker';
export { MatchSweepWorker, type MatchSweepDeps } from './match-sweep.worker';
export { PredicateIndex, type GroupSource } from './predicate-index/predicate-index';
export type { ReferencedDeps } from './referenced';
export { referencedBy, type JudgedResource } from './referenced-by';
export type { AskedChain, BrokenCriteria, MatchAnswer, MatchIndex, MatchInput } from './match-index.contract';
