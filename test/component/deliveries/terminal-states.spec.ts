// How a delivery ends: in one state only, with its reason, and for good, which the database itself sees to.
import { order, VerbsWorld } from './verbs-world';
import { event } from './delivering';

const world = VerbsWorld.forFile();
beforeEach(async () => {
  await world.herald.subscribe(1, world.receiver.url);
  await world.herald.schedule([1], [event('a')]);
});

it.each([
  ['a state of its own', `state = 'given-up', ended_at = $1`],
  ['delivered without a time', `state = 'delivered'`],
  ['waiting with a time', `ended_at = $1`],
  ['delivered for a reason', `state = 'delivered', ended_at = $1, reason = 'poison'`],
  ['waiting for a reason', `reason = 'expired'`],
  ['dead without a reason', `state = 'dead', ended_at = $1`],
  ['dead for another’s reason', `state = 'dead', ended_at = $1, reason = 'deleted'`],
  ['cancelled without a reason', `state = 'cancelled', ended_at = $1`],
  ['cancelled for another’s reason', `state = 'cancelled', ended_at = $1, reason = 'poison'`],
])('I10: the database refuses a delivery that is %s', async (_, change) => {
  const values = change.includes('$1') ? [world.herald.clock.now()] : [];
  await expect(world.rows(`update delivery set ${change}`, ...values)).rejects.toThrow(
    /delivery_(state_check|end|reason)/,
  );
});

it('I10: only a redrive takes an end back, and it stands in the operator log', async () => {
  await world.kill(1);
  const redriven = await world.verbs.redriveDeadLetters(order({ reason: 'mapping fixed' }), { tenant: 'default' }, 1);
  expect(redriven).toEqual({ count: 1 });
  expect(await world.herald.states()).toEqual({ behind: 1 });
  expect(await world.rows('select redriven_at is not null as is_marked from delivery')).toEqual([{ is_marked: true }]);
  expect(await world.log()).toMatchObject([{ who: 'olga', verb: 'redrive', reason: 'mapping fixed' }]);
});
