// The participant of deliveries, on top of the one of subscriptions as the application registers them.
import { DeliveryDoorbell, DeliveryParticipant } from '../../src/deliveries';
import { SystemClock } from '../../src/platform';
import { SubscriptionParticipant } from '../../src/subscriptions';
import { subscriptionDeps, subscriptionResource } from './write-participant-subscriptions';
import { describeWriteParticipant } from './write-participant';

describeWriteParticipant('deliveries', {
  participants: [
    new SubscriptionParticipant(subscriptionDeps),
    new DeliveryParticipant({ clock: new SystemClock(), doorbell: new DeliveryDoorbell() }),
  ],
  resource: subscriptionResource,
  refused: subscriptionResource('x', { criteria: 'Patient?no-such-parameter=1' }),
  ownRows: async (database) =>
    (await database.query({ text: 'select * from subscription_runtime order by subscription_key', values: [] })).rows,
});
