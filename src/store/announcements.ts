// After a commit: keep the new versions at hand, ring for the matcher, count, and write one line per version. Never a body, never an id of a
// resource: ids of patients do not belong in logs.
import type { OutboxDoorbell } from '../outbox';
import type { Log, Metrics } from '../platform';
import type { WriteContext } from './resource-version';
import type { VersionCache } from './version-cache';
import type { RoadEnd, Written } from './written';

interface AnnouncementsDeps {
  readonly doorbell: OutboxDoorbell;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly cache: VersionCache;
}

export class Announcements {
  private readonly writes;
  private readonly bytes;

  constructor(private readonly deps: AnnouncementsDeps) {
    this.writes = deps.metrics.counter('herald_resource_versions_written_total', 'Resource versions committed.', [
      'type',
      'interaction',
    ]);
    this.bytes = deps.metrics.gauge('herald_version_cache_bytes', 'Memory held by versions just written.');
  }

  announce(context: WriteContext, ends: readonly RoadEnd[]): void {
    const written = ends.flatMap((end) => (end.written ? [end.written] : []));
    if (written.length === 0) return;
    for (const one of written) this.note(context, one);
    this.bytes.set(this.deps.cache.sizeBytes);
    this.deps.doorbell.ring([...new Set(written.map((one) => one.rootHash))]);
  }

  private note(context: WriteContext, { version, eventId }: Written): void {
    const { type, interaction } = version;
    this.deps.cache.put(version);
    this.writes.inc({ type, interaction });
    this.deps.log.info(
      { eventId, type, version: version.version, interaction, requestId: context.requestId, caller: context.caller },
      'resource.written',
    );
  }
}
