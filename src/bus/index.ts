// The door of the bus: the contract, the bus of a single process, and the bus on Kafka with its relay.
export { EventBus, type HandleRoots } from './event-bus.contract';
export { EmbeddedBus } from './embedded/embedded-bus';
export { BrokerAwayError, EventPublisher } from './kafka/event-publisher';
export { DATA_SCHEMA, recordOf, rootHashOfKey, type EventRecord } from './kafka/event-record';
export { KafkaBus, type KafkaBusDeps } from './kafka/kafka-bus';
export { KafkaLink, type BusHealth, type BusUser } from './kafka/kafka-link';
export { RelayWorker, type ReadBodies, type RelayDeps } from './kafka/relay.worker';
export { ensureTopic, setUpTopic, TopicRefusal, type TopicOutcome } from './kafka/topic';
export { BATCH_ROOTS_MAX, PENDING_ROOTS_MAX } from './limits';
