// How the demo talks: chapters with the time since the start, arrivals one by one until there are many, then counted.
import { SHOWN_MAX } from './limits';
import type { Arrival } from './receiver';

export class Telling {
  private readonly started = performance.now();
  private readonly names = new Map<string, string>();
  private shown = 0;
  private hidden = 0;

  chapter(title: string): void {
    this.endOfArrivals();
    this.shown = 0;
    this.line(`\n${title}`);
  }

  say(text: string): void {
    this.endOfArrivals();
    this.line(`  ${this.seconds()}  ${text}`);
  }

  /** The demo's own name for a subscription, instead of its id. */
  call(subscription: string, name: string): void {
    this.names.set(subscription, name);
  }

  arrival(arrival: Arrival): void {
    if (this.shown >= SHOWN_MAX) {
      this.hidden += 1;
      return;
    }
    this.shown += 1;
    const { subscription, eventNumber, resource, version, attempt, status } = arrival;
    const name = this.names.get(subscription) ?? subscription;
    const again = attempt > 1 ? `, attempt ${attempt}` : '';
    const verdict = status === 200 ? '→' : '✗';
    this.line(
      `  ${this.seconds()}  ${verdict} ${name}: event ${eventNumber}, ${resource} version ${version}${again} (${status})`,
    );
  }

  private endOfArrivals(): void {
    if (this.hidden > 0) this.line(`  ${this.seconds()}  … and ${this.hidden} more requests`);
    this.hidden = 0;
  }

  private seconds(): string {
    return `${((performance.now() - this.started) / 1000).toFixed(1).padStart(5)} s`;
  }

  private line(text: string): void {
    console.log(text);
  }
}
