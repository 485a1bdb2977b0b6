// A part of a resource, cut out of its stored text: `_summary` and `_elements`. What is kept is kept as it was written; the answer says that it is
// a part. http://hl7.org/fhir/R4/search.html#summary
import type { ElementDefinition, FhirDefinitions, TypeDefinition } from '../definitions';
import { items, members, type Member } from './json-spans';

/** `summary`: as the parameter says. `elements`: these, and what may not be missing. */
export type SubsetWish = { readonly summary: 'true' | 'text' | 'data' } | { readonly elements: readonly string[] };

const OPEN_BRACKET = 91;
const OPEN_BRACE = 123;
const TAG =
  '{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED","display":"subsetted"}';
/** What every part of a resource has. */
const always: readonly string[] = ['resourceType', 'id', 'meta'];

type Keeps = (name: string, element: ElementDefinition | undefined) => boolean;

function isNeeded(element: ElementDefinition | undefined): boolean {
  return element === undefined || element.min > 0 || element.isModifier === true;
}

function keeperOf(wish: SubsetWish): Keeps {
  if ('elements' in wish) {
    const names = new Set(wish.elements.flatMap((name) => [name, `${name}[x]`]));
    return (name, element) => names.has(name) || names.has(element?.choiceOf ?? name) || isNeeded(element);
  }
  switch (wish.summary) {
    case 'data':
      return (name) => name !== 'text';
    case 'text':
      return (name, element) => name === 'text' || isNeeded(element);
    case 'true':
      return (_, element) => element?.isSummary === true || isNeeded(element);
  }
}

class Subset {
  private readonly keeps: Keeps;

  constructor(
    private readonly definitions: FhirDefinitions,
    private readonly text: string,
    private readonly wish: SubsetWish,
  ) {
    this.keeps = keeperOf(wish);
  }

  /** The object that begins at `open`, of this type; white space between members is not kept. */
  object(open: number, type: TypeDefinition, isWhole: boolean): string {
    const kept: string[] = [];
    for (const member of members(this.text, open)) {
      const name = member.name.replace(/^_/, '');
      if (isWhole && always.includes(name)) kept.push(name === 'meta' ? this.taggedMeta(member) : this.written(member));
      else if (this.keeps(name, type.elements.get(name))) kept.push(this.member(member, type.elements.get(name)));
    }
    return `{${kept.join(',')}}`;
  }

  private written({ start, end }: Member): string {
    return this.text.slice(start, end);
  }

  /** A summary goes on inside of backbone elements; what else is kept is kept whole. */
  private member(member: Member, element: ElementDefinition | undefined): string {
    const type = element && this.definitions.type(element.type);
    if (!('summary' in this.wish) || this.wish.summary !== 'true' || type?.kind !== 'backbone') {
      return this.written(member);
    }
    return this.text.slice(member.start, member.valueStart) + this.value(member.valueStart, type);
  }

  private value(start: number, type: TypeDefinition): string {
    if (this.text.charCodeAt(start) === OPEN_BRACE) return this.object(start, type, false);
    if (this.text.charCodeAt(start) !== OPEN_BRACKET) return 'null';
    return `[${[...items(this.text, start)].map((item) => this.value(item.start, type)).join(',')}]`;
  }

  /** A stored resource has a meta: the server's own version stands in it. */
  private taggedMeta(meta: Member): string {
    const parts = [...members(this.text, meta.valueStart)].map((member) => {
      if (member.name !== 'tag') return this.written(member);
      const tags = [...items(this.text, member.valueStart)].map(({ start, end }) => this.text.slice(start, end));
      return `"tag":[${[...tags, TAG].join(',')}]`;
    });
    const isTagged = parts.some((part) => part.endsWith(`${TAG}]`));
    return `"meta":{${(isTagged ? parts : [...parts, `"tag":[${TAG}]`]).join(',')}}`;
  }
}

/** In: the stored text of a resource of this type. Out: the text of the part that is wished for, tagged SUBSETTED. */
export function subsetText(definitions: FhirDefinitions, type: string, text: string, wish: SubsetWish): string {
  const definition = definitions.type(type);
  if (!definition) throw new Error(`There is no type ${type}`);
  return new Subset(definitions, text, wish).object(text.indexOf('{'), definition, true);
}
