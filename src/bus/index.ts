// The door of the bus: the contract, and the bus of a single process.
export { EventBus, type HandleRoots } from './event-bus.contract';
export { EmbeddedBus } from './embedded/embedded-bus';
export { BATCH_ROOTS_MAX, PENDING_ROOTS_MAX } from './limits';
