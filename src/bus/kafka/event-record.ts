// How a committed event stands in the topic: CloudEvents 1.0, binary mode (attributes as headers, data as the value). Pure.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
import type { EventInteraction, ResourceEvent } from '../../outbox';
import { hash53 } from '../../platform';
import { VALUE_BYTES_MAX } from '../limits';

export interface EventRecord {
  /** tenant/ordering root. Sensitive: the root names a patient. */
  readonly key: string;
  readonly value: string;
  /** CloudEvents attributes. No `subject`: headers are shown by tools and logged by brokers' plugins, and a resource id may be a patient's. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Names the form of the value; another number means that a consumer must look again. */
export const DATA_SCHEMA = 'urn:herald:event:1';

const TYPES: Readonly<Record<EventInteraction, string>> = {
  create: 'herald.resource.created',
  update: 'herald.resource.updated',
  delete: 'herald.resource.deleted',
};

/**
 * In: an event, and the stored text of its version where the resource goes along (or `too-large`). A resource that does not fit is left out, and the value
 * says so: whoever wants it reads `reference` from the FHIR base.
 */
export function recordOf(event: ResourceEvent, body?: string): EventRecord {
  const { eventId, tenant, type, id, version, interaction, label, requestId } = event;
  const facts = {
    eventId,
    tenant,
    type,
    id,
    version,
    interaction,
    ...(version > 1 && { previousVersion: version - 1 }),
    ...(label !== undefined && { label }),
    time: event.writtenAt.toISOString(),
    requestId,
    reference: `${type}/${id}/_history/${version}`,
  };
  const headers = {
    ce_specversion: '1.0',
    ce_id: eventId,
    ce_source: `urn:herald:${tenant}`,
    ce_type: TYPES[interaction],
    ce_time: facts.time,
    ce_dataschema: DATA_SCHEMA,
    ce_resourcetype: type,
    'content-type': 'application/json',
  };
  return { key: `${tenant}/${event.root}`, value: valueOf(facts, body), headers };
}

function valueOf(facts: object, body: string | undefined): string {
  const plain = JSON.stringify(facts);
  const omitted = JSON.stringify({ ...facts, resourceOmitted: 'too-large' });
  if (body === undefined) return plain;
  if (body === 'too-large') return omitted;
  // Spliced in, not parsed and written anew: numbers keep their digits.
  const whole = `${plain.slice(0, -1)},"resource":${body}}`;
  if (Buffer.byteLength(whole) <= VALUE_BYTES_MAX) return whole;
  return omitted;
}

/** The hash of the ordering root that a record's key names; undefined when the key is none of ours. */
export function rootHashOfKey(key: Buffer | string | null | undefined): number | undefined {
  const text = key?.toString() ?? '';
  const slash = text.indexOf('/');
  const root = text.slice(slash + 1);
  return slash > 0 && /^[A-Za-z]+\/.+$/.test(root) ? hash53(root) : undefined;
}
