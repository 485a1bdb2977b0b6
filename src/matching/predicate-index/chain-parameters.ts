// What criteria of one type ask of other resources: the paths in use, which must be read for every event, and the ends of chains as
// parameters of the type, so that groups are filed by them like by any other.
import {
  chainedParameter,
  chainPathOf,
  type ChainedParameter,
  type ChainPath,
  type FhirDefinitions,
  type FollowedChain,
  type SearchQuery,
} from '../../fhir';

/** Above the slots of the type's own parameters. */
const FIRST_SLOT = 1_000_000;

export class ChainParameters {
  private readonly paths = new Map<string, { readonly path: ChainPath; uses: number }>();
  private readonly parameters = new Map<string, ChainedParameter>();
  private nextSlot = FIRST_SLOT;

  constructor(
    readonly definitions: FhirDefinitions,
    readonly type: string,
  ) {}

  /** The paths that are to be read. */
  inUse(): readonly ChainPath[] {
    return this.paths.size === 0 ? [] : [...this.paths.values()].map(({ path }) => path);
  }

  /** Equal ends, one parameter; forgotten when criteria follow no chain any more. */
  parameterOf(chain: FollowedChain): ChainedParameter {
    const { text } = chain.ends;
    let parameter = this.parameters.get(text);
    if (!parameter) this.parameters.set(text, (parameter = chainedParameter(chain, this.nextSlot++)));
    return parameter;
  }

  take(query: SearchQuery): void {
    for (const path of this.pathsOf(query)) {
      const known = this.paths.get(path.text);
      if (known) known.uses += 1;
      else this.paths.set(path.text, { path, uses: 1 });
    }
  }

  giveBack(query: SearchQuery): void {
    for (const { text } of this.pathsOf(query)) {
      const known = this.paths.get(text);
      if (!known) continue;
      known.uses -= 1;
      if (known.uses === 0) this.paths.delete(text);
    }
    if (this.paths.size === 0) this.parameters.clear();
  }

  private pathsOf({ clauses }: SearchQuery): ChainPath[] {
    return clauses.flatMap((clause) => chainPathOf(this.definitions, this.type, clause) ?? []);
  }
}
