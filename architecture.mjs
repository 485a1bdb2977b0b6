// The rooms of Herald and who may import whom: read this first. Lint rules are generated from this file
// (.dependency-cruiser.mjs), so a wrong import fails `npm run check`.
// The law: imports point the way the data flows, or down to the ground; never back. Across rooms only through `index.ts`.
export const rooms = {
  platform: [],
  fhir: [],
  hl7v2: ['fhir'],
  outbox: ['platform', 'fhir'],
  bus: ['platform', 'fhir', 'outbox'],
  store: ['platform', 'fhir', 'outbox'],
  subscriptions: ['platform', 'fhir', 'store'],
  notifications: ['platform', 'fhir', 'hl7v2'],
  channels: ['platform', 'fhir', 'notifications'],
  deliveries: ['platform', 'fhir', 'store', 'subscriptions', 'notifications', 'channels'],
  matching: ['platform', 'fhir', 'outbox', 'bus', 'store', 'subscriptions', 'deliveries'],
  rest: ['platform', 'fhir', 'store'],
  operations: [
    'platform',
    'fhir',
    'hl7v2',
    'store',
    'rest',
    'subscriptions',
    'notifications',
    'deliveries',
    'matching',
  ],
  admin: ['platform', 'fhir', 'store', 'outbox', 'bus', 'subscriptions', 'deliveries', 'channels', 'matching'],
};

/** The composition root, and programs around the product, may import every room (through its door). */
export const roots = ['app', 'demo', 'main.ts'];

/** What only one place may import: driver → the paths (regular expressions) it is at home in. */
export const driverHomes = {
  kafkajs: ['^src/bus/kafka/'],
  bullmq: ['^src/deliveries/queue/bullmq/'],
  ioredis: ['^src/deliveries/queue/bullmq/'],
  '@bull-board': ['^src/deliveries/queue/bullmq/'],
  undici: ['^src/platform/http-egress/'],
  axios: ['^src/platform/http-egress/'],
  typeorm: ['^src/platform/database/', '\\.entity\\.ts$'],
  pg: ['^src/platform/database/'],
};

/** Rooms that hold the language only: no framework, no driver, no Node I/O. */
export const pureRooms = ['fhir', 'hl7v2'];

const order = Object.keys(rooms);
for (const [position, room] of order.entries()) {
  for (const needed of rooms[room]) {
    if (!(needed in rooms) || order.indexOf(needed) >= position) throw new Error(`${room} may not name ${needed}`);
  }
}
