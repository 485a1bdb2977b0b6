// The concepts of a stored CodeSystem: all of them, those that filters of a ValueSet select, those above or below one. Exact or not at all.
// http://hl7.org/fhir/R4/codesystem.html
import type { FhirResource } from '../resource';

type Fields = Readonly<Record<string, unknown>>;

interface Concept {
  readonly code: string;
  readonly parents: Set<string>;
  readonly properties: readonly (readonly [name: string, value: string])[];
}

export interface ConceptFilter {
  readonly property: string;
  readonly op: string;
  readonly value: string;
}

export class CodeSystemConcepts {
  private readonly concepts = new Map<string, Concept>();
  /** By parent; read when it is first asked for. */
  private children: ReadonlyMap<string, readonly string[]> | undefined;

  private constructor(private readonly hierarchy: string | undefined) {}

  /** Text: why its concepts cannot be told. */
  static of(resource: FhirResource): CodeSystemConcepts | string {
    const { url, content, hierarchyMeaning, caseSensitive, concept } = resource as Fields;
    const name = `the CodeSystem ${String(url)}`;
    if (content !== 'complete') return `${name} is not complete here (its content is ${String(content)})`;
    if (caseSensitive === false) return `${name} has codes whose case does not count, which is not supported`;
    const system = new CodeSystemConcepts(typeof hierarchyMeaning === 'string' ? hierarchyMeaning : undefined);
    system.add(concept, undefined);
    return system;
  }

  codes(): string[] {
    return [...this.concepts.keys()];
  }

  has(code: string): boolean {
    return this.concepts.has(code);
  }

  /** Codes that satisfy every filter, or why that cannot be told. */
  select(filters: readonly ConceptFilter[]): string[] | string {
    let selected = new Set(this.concepts.keys());
    for (const filter of filters) {
      const found = this.filtered(filter);
      if (typeof found === 'string') return found;
      selected = new Set([...selected].filter((code) => found.has(code)));
    }
    return [...selected];
  }

  /** The code itself and everything that is a kind of it (`below`), or that it is a kind of (`above`). */
  related(code: string, direction: 'above' | 'below'): Set<string> | string {
    if (this.hierarchy !== undefined && this.hierarchy !== 'is-a')
      return `its hierarchy means ${this.hierarchy}, not is-a`;
    if (!this.concepts.has(code)) return new Set([code]);
    const found = new Set<string>();
    const open = [code];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...(direction === 'above' ? this.parentsOf(next) : this.childrenOf(next)));
    }
    return found;
  }

  private filtered({ property, op, value }: ConceptFilter): ReadonlySet<string> | string {
    const isConcept = property === 'concept' || property === 'code';
    if (isConcept && (op === 'is-a' || op === 'descendent-of' || op === 'is-not-a')) return this.byHierarchy(op, value);
    const values = op === 'in' || op === 'not-in' ? value.split(',').map((one) => one.trim()) : [value];
    if (op !== '=' && op !== 'in' && op !== 'not-in') return `the filter "${property} ${op}" is not supported`;
    const hits = [...this.concepts.values()].filter((concept) => {
      const own = isConcept
        ? [concept.code]
        : concept.properties.filter(([name]) => name === property).map(([, v]) => v);
      return own.some((one) => values.includes(one)) !== (op === 'not-in');
    });
    return new Set(hits.map(({ code }) => code));
  }

  private byHierarchy(op: string, value: string): ReadonlySet<string> | string {
    if (!this.concepts.has(value)) return `the filter names the code "${value}", which is not in the CodeSystem`;
    const below = this.related(value, 'below');
    if (typeof below === 'string') return below;
    if (op === 'descendent-of') below.delete(value);
    return op === 'is-not-a' ? new Set(this.codes().filter((code) => !below.has(code))) : below;
  }

  private add(concepts: unknown, parent: string | undefined): void {
    if (!Array.isArray(concepts)) return;
    for (const one of concepts as Fields[]) {
      const { code, property, concept } = one;
      if (typeof code !== 'string') continue;
      const properties = propertiesOf(property);
      const known = this.concepts.get(code) ?? { code, parents: new Set<string>(), properties };
      if (parent !== undefined) known.parents.add(parent);
      for (const [name, value] of properties) if (name === 'parent') known.parents.add(value);
      this.concepts.set(code, known);
      this.add(concept, code);
    }
    if (parent === undefined) this.addChildProperties();
  }

  /** The property `child` says the same as `parent`, from the other side. */
  private addChildProperties(): void {
    for (const { code, properties } of this.concepts.values())
      for (const [name, value] of properties) if (name === 'child') this.concepts.get(value)?.parents.add(code);
  }

  private parentsOf(code: string): Iterable<string> {
    return this.concepts.get(code)?.parents ?? [];
  }

  private childrenOf(code: string): readonly string[] {
    this.children ??= this.readChildren();
    return this.children.get(code) ?? [];
  }

  private readChildren(): Map<string, string[]> {
    const children = new Map<string, string[]>();
    for (const { code, parents } of this.concepts.values())
      for (const parent of parents) {
        const known = children.get(parent);
        if (known) known.push(code);
        else children.set(parent, [code]);
      }
    return children;
  }
}

function propertiesOf(property: unknown): [string, string][] {
  if (!Array.isArray(property)) return [];
  return (property as Fields[]).flatMap((one) => {
    const { code, ...rest } = one;
    const value = Object.entries(rest).find(([name]) => name.startsWith('value'))?.[1];
    if (typeof code !== 'string' || value === undefined) return [];
    return [[code, valueText(value)] as [string, string]];
  });
}

/** A Coding counts by its code. */
function valueText(value: unknown): string {
  const plain: unknown = typeof value === 'object' && value !== null ? (value as Fields)['code'] : value;
  if (typeof plain === 'string') return plain;
  return typeof plain === 'number' || typeof plain === 'boolean' ? String(plain) : '';
}
