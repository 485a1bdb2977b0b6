// Committed events as the outbox gives them, for tests without a database.
import type { ResourceEvent } from '../../src/outbox';
import { hash53, randomId } from '../../src/platform';

let seq = 0;

/** An event of a Patient, changed as told. */
export function newEvent(changes: Partial<ResourceEvent> = {}): ResourceEvent {
  const { type = 'Patient', id = 'p' } = changes;
  const root = changes.root ?? `${type}/${id}`;
  seq += 1;
  return {
    seq,
    eventId: randomId(),
    tenant: 'default',
    type,
    id,
    version: 1,
    interaction: 'create',
    root,
    rootHash: hash53(root),
    bodyBytes: 200,
    requestId: 'req-1',
    xid: '1',
    writtenAt: new Date('2026-03-01T10:00:00.000Z'),
    ...changes,
  };
}
