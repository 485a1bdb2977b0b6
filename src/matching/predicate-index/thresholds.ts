// Bounds in order, with the groups that ask for them: an event selects a beginning (or an end) of the list, and what it selects it
// satisfies. Kept in chunks of numbers, so that adding one among a million moves some hundred.

const CHUNK_MAX = 512;
const CHUNK_MIN = 8;

/** Takes what is found. `proven`: clauses of the group that are known to be satisfied. */
export interface GroupSink {
  consider(group: number, proven: number): void;
}

interface Chunk {
  at: Float64Array;
  sureAt: Float64Array;
  groups: Int32Array;
  size: number;
}

/** The bounds up to `end`, in the direction of the order; an order that goes up may begin at `start`. */
export interface Selection {
  readonly end: number;
  readonly start: number | undefined;
}

export interface ThresholdOrder {
  readonly direction: 'up' | 'down';
  readonly isStrict: boolean;
}

export class Thresholds {
  private readonly chunks: Chunk[] = [];
  size = 0;

  constructor(private readonly order: ThresholdOrder) {}

  add(at: number, sureAt: number, group: number): void {
    const chunk = this.chunks[this.chunkFor(at)] ?? this.firstChunk();
    const place = placeIn(chunk, at);
    if (chunk.size === chunk.at.length) resize(chunk, Math.min(CHUNK_MAX, chunk.size * 2));
    move(chunk, place, place + 1);
    chunk.at[place] = at;
    chunk.sureAt[place] = sureAt;
    chunk.groups[place] = group;
    chunk.size += 1;
    this.size += 1;
    if (chunk.size === CHUNK_MAX) this.halve(chunk);
  }

  /** Answers whether it was there. */
  remove(at: number, group: number): boolean {
    for (let index = this.chunkFor(at); index < this.chunks.length; index += 1) {
      const chunk = this.chunks[index]!;
      for (let place = placeIn(chunk, at); place < chunk.size; place += 1) {
        if (chunk.at[place] !== at) return false;
        if (chunk.groups[place] !== group) continue;
        move(chunk, place + 1, place);
        chunk.size -= 1;
        this.size -= 1;
        if (chunk.size === 0) this.chunks.splice(index, 1);
        return true;
      }
    }
    return false;
  }

  /** Hands over every group whose bound `end` selects; those that are sure with one more clause proven. */
  select({ end, start }: Selection, sink: GroupSink, proven: number): void {
    if (this.order.direction === 'down') this.selectDown(end, sink, proven);
    else this.selectUp({ end, start }, sink, proven);
  }

  *groups(): Iterable<number> {
    for (const chunk of this.chunks) yield* chunk.groups.subarray(0, chunk.size);
  }

  private selectUp({ end, start = -Infinity }: Selection, sink: GroupSink, proven: number): void {
    const { isStrict } = this.order;
    const first = start === -Infinity ? 0 : this.chunkFor(start);
    for (let index = first; index < this.chunks.length; index += 1) {
      const { at, sureAt, groups, size } = this.chunks[index]!;
      const from = index === first ? placeIn(this.chunks[index]!, start) : 0;
      for (let place = from; place < size; place += 1) {
        if (isStrict ? at[place]! >= end : at[place]! > end) return;
        const isSure = isStrict ? sureAt[place]! < end : sureAt[place]! <= end;
        sink.consider(groups[place]!, isSure ? proven + 1 : proven);
      }
    }
  }

  private selectDown(end: number, sink: GroupSink, proven: number): void {
    const { isStrict } = this.order;
    for (let index = this.chunks.length - 1; index >= 0; index -= 1) {
      const { at, sureAt, groups, size } = this.chunks[index]!;
      for (let place = size - 1; place >= 0; place -= 1) {
        if (isStrict ? at[place]! <= end : at[place]! < end) return;
        const isSure = isStrict ? sureAt[place]! > end : sureAt[place]! >= end;
        sink.consider(groups[place]!, isSure ? proven + 1 : proven);
      }
    }
  }

  /** The first chunk that ends at or after `at`, else the last one. */
  private chunkFor(at: number): number {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { at: bounds, size } = this.chunks[middle]!;
      if (bounds[size - 1]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private firstChunk(): Chunk {
    const chunk = emptyChunk(CHUNK_MIN);
    this.chunks.push(chunk);
    return chunk;
  }

  private halve(chunk: Chunk): void {
    const half = chunk.size >> 1;
    const upper = emptyChunk(CHUNK_MAX);
    upper.at.set(chunk.at.subarray(half, chunk.size));
    upper.sureAt.set(chunk.sureAt.subarray(half, chunk.size));
    upper.groups.set(chunk.groups.subarray(half, chunk.size));
    upper.size = chunk.size - half;
    chunk.size = half;
    this.chunks.splice(this.chunks.indexOf(chunk) + 1, 0, upper);
  }
}

function emptyChunk(length: number): Chunk {
  return { at: new Float64Array(length), sureAt: new Float64Array(length), groups: new Int32Array(length), size: 0 };
}

function resize(chunk: Chunk, length: number): void {
  const larger = emptyChunk(length);
  larger.at.set(chunk.at);
  larger.sureAt.set(chunk.sureAt);
  larger.groups.set(chunk.groups);
  chunk.at = larger.at;
  chunk.sureAt = larger.sureAt;
  chunk.groups = larger.groups;
}

function move(chunk: Chunk, from: number, to: number): void {
  chunk.at.copyWithin(to, from, chunk.size);
  chunk.sureAt.copyWithin(to, from, chunk.size);
  chunk.groups.copyWithin(to, from, chunk.size);
}

/** Where the first bound not below `at` stands. */
function placeIn({ at: bounds, size }: Chunk, at: number): number {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bounds[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
