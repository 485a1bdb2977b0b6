// A strike: one kind of fault, how often it is thrown, and on what ground.
import type { Database } from '../../src/platform';
import type { ClusterServers } from './cluster-servers';
import type { Dice } from './dice';
import type { Fleet } from './fleet';
import type { Line } from '../support/line';

export interface FaultGround {
  readonly fleet: Fleet;
  /** To Postgres. */
  readonly line: Line;
  /** In the cluster profile. */
  readonly servers?: ClusterServers;
  /** Past the line, so that it works while the line is cut. */
  readonly database: Database;
  /** Folder of the Postgres, with the file that names its process. */
  readonly postgresFolder: string;
  readonly leaseMs: number;
  readonly dice: Dice;
}

export interface Strike {
  /** How often it is thrown, against the others. */
  readonly weight: number;
  /** Of the strikes that take the same server away, one at a time. */
  readonly takes?: 'Postgres' | 'Redis' | 'Kafka';
  /** What was begun before it may arrive late after it, and no sender can prevent that. */
  readonly excusesLate?: true;
  /** Resolves when it is over, with how much it hit: processes, connections. 0: there was nothing to hit. */
  readonly run: (ground: FaultGround) => Promise<number>;
}

/** By what the report calls them. */
export type Strikes = Readonly<Record<string, Strike>>;
