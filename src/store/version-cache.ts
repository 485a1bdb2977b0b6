// Versions just written, kept in the process so that matching and sending need not read them back. Bounded by bytes, oldest use first out.
// Versions never change, so there is nothing to invalidate.
import { versionName, type StoredVersion, type VersionKey } from './resource-version';

export class VersionCache {
  private readonly versions = new Map<string, StoredVersion>();
  private bytes = 0;

  constructor(private readonly limits: { bytesMax: number; bodyBytesMax: number }) {}

  /** Only versions that are committed. */
  put(version: StoredVersion): void {
    const size = sizeOf(version);
    const key = keyOf(version);
    if (size > this.limits.bodyBytesMax || this.versions.has(key)) return;
    this.versions.set(key, version);
    this.bytes += size;
    for (const [oldest, kept] of this.versions) {
      if (this.bytes <= this.limits.bytesMax) break;
      this.versions.delete(oldest);
      this.bytes -= sizeOf(kept);
    }
  }

  get(key: VersionKey): StoredVersion | undefined {
    const name = keyOf(key);
    const version = this.versions.get(name);
    if (version) {
      // Last used, last out: a Map keeps the order of insertion.
      this.versions.delete(name);
      this.versions.set(name, version);
    }
    return version;
  }

  get sizeBytes(): number {
    return this.bytes;
  }
}

const keyOf = (key: VersionKey): string => `${key.tenant}\n${versionName(key)}`;

/** Two bytes a character at most, and what the entry itself takes. */
function sizeOf(version: StoredVersion): number {
  return (version.body?.length ?? 0) * 2 + 400;
}
