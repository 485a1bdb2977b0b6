// How many writes a process works on at a time, and how many bytes of them. What does not fit waits in order, with its body unread on the socket.
import type { Clock } from '../platform';

export interface SlotLimits {
  readonly slotsMax: number;
  readonly bytesMax: number;
  readonly queueMax: number;
  readonly waitMsMax: number;
}

/** Gives the place back; a second call does nothing. */
export type Release = () => void;

interface Waiter {
  readonly bytes: number;
  readonly admit: (release: Release) => void;
}

export class WriteSlots {
  private slots = 0;
  private bytes = 0;
  private readonly queue = new Set<Waiter>();

  constructor(
    private readonly limits: SlotLimits,
    private readonly clock: Clock,
  ) {}

  get inProgress(): number {
    return this.slots;
  }

  get bytesInProgress(): number {
    return this.bytes;
  }

  get waiting(): number {
    return this.queue.size;
  }

  /** A place at once, when there is room and nobody waits for it already. One write alone always fits, however large. */
  take(bytes: number): Release | undefined {
    return this.queue.size === 0 && this.fits(bytes) ? this.occupy(bytes) : undefined;
  }

  /** A place when it comes, in order; undefined when the queue is full, the wait is too long, or `signal` ends it. */
  async wait(bytes: number, signal: AbortSignal): Promise<Release | undefined> {
    if (this.queue.size >= this.limits.queueMax || signal.aborted) return undefined;
    const patience = new AbortController();
    const giveUp = (): void => patience.abort();
    signal.addEventListener('abort', giveUp, { once: true });
    let waiter: Waiter | undefined;
    const admitted = new Promise<Release>((admit) => {
      waiter = { bytes, admit };
      this.queue.add(waiter);
    });
    const tooLate = this.clock.sleep(this.limits.waitMsMax, patience.signal).then(() => undefined);
    const release = await Promise.race([admitted, tooLate]);
    signal.removeEventListener('abort', giveUp);
    patience.abort();
    if (release !== undefined) return release;
    // Admitted in the very turn in which its patience ended: the place is used, not lost.
    if (!this.queue.delete(waiter!)) return admitted;
    this.admitNext();
    return undefined;
  }

  private fits(bytes: number): boolean {
    const { slotsMax, bytesMax } = this.limits;
    return this.slots === 0 || (this.slots < slotsMax && this.bytes + bytes <= bytesMax);
  }

  private occupy(bytes: number): Release {
    this.slots += 1;
    this.bytes += bytes;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.slots -= 1;
      this.bytes -= bytes;
      this.admitNext();
    };
  }

  /** Strictly in order: a large one at the head is not overtaken for ever by small ones. */
  private admitNext(): void {
    for (const waiter of this.queue) {
      if (!this.fits(waiter.bytes)) return;
      this.queue.delete(waiter);
      waiter.admit(this.occupy(waiter.bytes));
    }
  }
}
