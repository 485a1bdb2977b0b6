// Reads stored versions for attempts: those asked for in the same turn are read by one call, and one version only once.
import { BODIES_PER_READ_MAX } from './limits';

export interface BodyKey {
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
}

/** The store's door: `Type/id/version` to the stored version. */
export type ReadVersions = (keys: readonly BodyKey[]) => Promise<ReadonlyMap<string, { readonly body: string | null }>>;

interface Wanted {
  readonly key: BodyKey;
  readonly waiting: {
    readonly resolve: (body: Buffer | undefined) => void;
    readonly reject: (error: unknown) => void;
  }[];
}

export class BodyLoader {
  private wanted = new Map<string, Wanted>();

  constructor(private readonly readVersions: ReadVersions) {}

  /** The bytes of exactly this version; undefined when the store has none. Rejects when the store cannot be asked. */
  load(key: BodyKey): Promise<Buffer | undefined> {
    if (this.wanted.size === 0) setImmediate(() => void this.read());
    const name = `${key.tenant} ${key.type}/${key.id}/${key.version}`;
    return new Promise((resolve, reject) => {
      const wanted = this.wanted.get(name);
      if (wanted) wanted.waiting.push({ resolve, reject });
      else this.wanted.set(name, { key, waiting: [{ resolve, reject }] });
    });
  }

  private async read(): Promise<void> {
    const all = [...this.wanted.values()];
    this.wanted = new Map();
    const groups = new Map<string, Wanted[]>();
    for (const wanted of all) {
      const group = groups.get(wanted.key.tenant);
      if (group) group.push(wanted);
      else groups.set(wanted.key.tenant, [wanted]);
    }
    for (const group of groups.values()) {
      for (let at = 0; at < group.length; at += BODIES_PER_READ_MAX) {
        await this.readPart(group.slice(at, at + BODIES_PER_READ_MAX));
      }
    }
  }

  private async readPart(part: readonly Wanted[]): Promise<void> {
    try {
      const found = await this.readVersions(part.map((wanted) => wanted.key));
      for (const { key, waiting } of part) {
        const body = found.get(`${key.type}/${key.id}/${key.version}`)?.body;
        const bytes = body === undefined || body === null ? undefined : Buffer.from(body, 'utf8');
        for (const { resolve } of waiting) resolve(bytes);
      }
    } catch (error) {
      // Expected: a lost database. Every attempt that asked is put back and asks again.
      for (const { waiting } of part) for (const { reject } of waiting) reject(error);
    }
  }
}
