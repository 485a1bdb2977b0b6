// The participant of subscriptions, by itself.
import { SubscriptionParticipant } from '../../src/subscriptions';
import { subscriptionDeps, subscriptionResource } from './write-participant-subscriptions';
import { describeWriteParticipant } from './write-participant';

describeWriteParticipant('subscriptions', {
  participants: [new SubscriptionParticipant(subscriptionDeps)],
  resource: subscriptionResource,
  refused: subscriptionResource('x', { criteria: 'Patient?no-such-parameter=1' }),
  ownRows: async (database) =>
    (await database.query({ text: 'select * from subscription_change order by change_no', values: [] })).rows,
});
