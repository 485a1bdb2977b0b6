// The event bus of a process: on Kafka where brokers are configured, else inside the process.
import { EmbeddedBus, EventPublisher, KafkaBus, KafkaLink, RelayWorker, type EventBus, type ReadBodies } from '../bus';
import { beginPublishing, type OutboxDoorbell, type ResourceEvent } from '../outbox';
import { isLockTimeout } from '../platform';
import { versionName, type ResourceStore } from '../store';
import type { Ground } from './ground';
import { BEGIN_PUBLISHING_PAUSE_MS, BEGIN_PUBLISHING_TRIES_MAX } from './limits';

/** The way to the brokers, shared by all that use it; undefined without brokers. */
export function composeLink({ config, clock, log }: Ground): KafkaLink | undefined {
  return config.kafka && new KafkaLink({ settings: config.kafka, clock, log });
}

/** What the matcher follows. */
export function composeBus({ clock, log, metrics }: Ground, doorbell: OutboxDoorbell, link?: KafkaLink): EventBus {
  return link === undefined ? new EmbeddedBus(doorbell) : new KafkaBus({ link, clock, log, metrics });
}

/** The relay of this process, given to the supervisor. */
export function composeRelay(ground: Ground, doorbell: OutboxDoorbell, store: ResourceStore, link: KafkaLink): void {
  const { clock, log, metrics, holder, supervisor } = ground;
  const readBodies = link.settings.includeResource ? bodiesFrom(store) : undefined;
  const publisher = new EventPublisher(link, clock);
  const database = ground.databases.relay!;
  supervisor.add(new RelayWorker({ database, clock, log, metrics, holder, doorbell, link, publisher, readBodies }));
}

/** The stored versions, as event consumers may see them. */
function bodiesFrom(store: Pick<ResourceStore, 'readVersions'>): ReadBodies {
  return async (events) => {
    const bodies = new Map<string, string>();
    for (const [, group] of byTenant(events)) {
      const versions = await store.readVersions(group);
      for (const event of group) {
        const body = versions.get(versionName(event))?.body;
        if (body != null) bodies.set(event.eventId, body);
      }
    }
    return bodies;
  };
}

function byTenant(events: readonly ResourceEvent[]): Map<string, ResourceEvent[]> {
  const groups = new Map<string, ResourceEvent[]>();
  for (const event of events) groups.set(event.tenant, [...(groups.get(event.tenant) ?? []), event]);
  return groups;
}

/** From now on events wait for the relay, whichever process writes them. Repeatable; waits for transactions that hold the table. */
export async function readyToPublish({ config, databases, clock, log }: Ground): Promise<void> {
  if (config.kafka === undefined) return;
  for (let tries = 1; ; tries += 1) {
    try {
      if (await beginPublishing(databases.api)) log.info('bus.publishing-begins');
      return;
    } catch (error) {
      // Expected: a long transaction holds the table.
      if (!isLockTimeout(error) || tries >= BEGIN_PUBLISHING_TRIES_MAX) throw error;
      await clock.sleep(BEGIN_PUBLISHING_PAUSE_MS);
    }
  }
}
