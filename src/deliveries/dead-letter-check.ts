// The audit's alarm at the first dead letter: given up is an allowed end, so nothing is repaired, but somebody has to know and to decide.
import type { AuditCheck, AuditNote } from './audit';
import type { Database } from '../platform';
import { AUDIT_DETAILS_MAX } from './limits';
import { deadLettersBySubscription } from './verbs/dead-letters';

/** Every round says how many there are; what is new among them is what is logged and counted. */
export function deadLetterCheck(database: Database): AuditCheck {
  let lookedAt: Date | undefined;
  let before = 0;
  const look = async (now: Date): Promise<readonly AuditNote[]> => {
    const found = await deadLettersBySubscription(database, lookedAt);
    const sum = (pick: (one: (typeof found)[number]) => number): number =>
      found.reduce((all, one) => all + pick(one), 0);
    const count = sum((one) => one.count);
    // By time, and by number: one that was committed late has an early time.
    const news = Math.max(
      sum((one) => one.newer),
      count - before,
    );
    lookedAt = now;
    before = count;
    const most = found
      .slice(0, AUDIT_DETAILS_MAX)
      .map(({ subscriptionKey, count: n }) => ({ subscriptionKey, count: n }));
    return [{ kind: 'dead-letters', action: 'alarm', count, news, detail: { found: most } }];
  };
  return { name: 'dead-letters', look };
}
