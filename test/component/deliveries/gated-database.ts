// A database whose statements can be stopped at a door, cut off as by a crash, or frozen as by SIGSTOP, while others go on.
import type { Database, OpenTx, Statement, Tx } from '../../../src/platform';
import { runThrough } from '../../support/open-tx';

type Answer = Promise<{ rows: never[]; rowCount: number }>;

export class GatedDatabase {
  private readonly gates = new Map<string, { reached: () => void; opened: Promise<void> }>();
  private isDown = false;
  private frozen?: { promise: Promise<void>; thaw: () => void };

  constructor(private readonly inner: Database) {}

  /** As `Database`, for whoever takes one. */
  get database(): Database {
    return this as unknown as Database;
  }

  async query(statement: Statement): Answer {
    return this.guard(this.inner, statement);
  }

  async transaction<T>(run: (tx: OpenTx) => Promise<T>, options?: { deadlockRetriesMax?: number }): Promise<T> {
    await this.live();
    const result = await this.inner.transaction(
      (tx) => runThrough((statement) => this.guard(tx, statement), run),
      options,
    );
    await this.live();
    return result;
  }

  /** Stops whoever comes to the statement with this file name, after it has run. Out: when someone is there, and how to let them go. */
  stopAfter(name: string): { reached: Promise<void>; open: () => void } {
    let reached!: () => void;
    let open!: () => void;
    const isReached = new Promise<void>((resolve) => (reached = resolve));
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.gates.set(`deliveries.${name}`, { reached, opened });
    return { reached: isReached, open };
  }

  /** From now on every statement fails, and nothing that was not committed ever is. */
  crash(): void {
    this.isDown = true;
    this.frozen?.thaw();
  }

  /** Statements wait until the function answered is called. */
  freeze(): () => void {
    let thaw!: () => void;
    const promise = new Promise<void>((resolve) => (thaw = resolve));
    this.frozen = { promise, thaw };
    return () => {
      this.frozen = undefined;
      thaw();
    };
  }

  private async guard(tx: Tx, statement: Statement): Answer {
    await this.live();
    const answer = await tx.query<never>(statement);
    const gate = this.gates.get(statement.name ?? '');
    if (gate) {
      gate.reached();
      await gate.opened;
      this.gates.delete(statement.name!);
    }
    await this.live();
    return answer;
  }

  private async live(): Promise<void> {
    await this.frozen?.promise;
    if (this.isDown) throw Object.assign(new Error('Connection terminated by the test'), { code: '57P01' });
  }
}
