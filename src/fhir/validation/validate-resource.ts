// Validates a resource against its type's definition: what http://hl7.org/fhir/R4/validation.html calls structure,
// cardinality, value domains and bindings. Profiles and most invariants are not looked at here.
import type { FhirDefinitions } from '../definitions';
import type { Issue } from '../outcome/outcome';
import type { FhirResource } from '../resource';
import { nearestName } from '../search/nearest-name';
import { isJsonObject } from '../text/parse-resource';
import { compiledType, type CompiledElement, type CompiledType } from './compile-type';
import { Findings, quoted } from './findings';
import { Container, referenceFault } from './references';

type JsonObject = Record<string, unknown>;

/** One walk over one resource. */
class Walk {
  constructor(
    private readonly definitions: FhirDefinitions,
    readonly findings: Findings,
  ) {}

  /** `container` holds the contained resources that `#id` means: the resource itself unless it is contained. */
  resource(value: unknown, container?: Container): void {
    if (!isJsonObject(value))
      return this.findings.add('structure', `A resource must be a JSON object, not ${quoted(value)}.`);
    const name = value.resourceType;
    const type = typeof name === 'string' ? compiledType(this.definitions, name) : undefined;
    if (!type?.isResource || type.isAbstract) return this.unknownType(name);
    if (container && value.contained !== undefined) {
      this.findings.add('invariant', 'A contained resource must not contain others. Move them up.', 'contained');
    }
    this.object(type, value, container ?? new Container(value as FhirResource));
  }

  private unknownType(name: unknown): void {
    if (typeof name !== 'string')
      return this.findings.add('structure', 'resourceType is missing or no string. Name the type of the resource.');
    const nearest = nearestName(name, this.definitions.resourceTypes);
    this.findings.add('structure', `${quoted(name)} is not a resource type. Did you mean ${nearest}?`, 'resourceType');
  }

  private object(type: CompiledType, value: JsonObject, container: Container): void {
    let seen = 0;
    let choices = 0;
    let isEmpty = true;
    for (const name in value) {
      if (this.findings.isFull) return;
      // Not JSON, but values the server made may hold it; JSON.stringify leaves it out, and so do we.
      if (value[name] === undefined) continue;
      isEmpty = false;
      const element = type.elements.get(name);
      if (element === undefined) {
        this.unknownElement(type, name);
        continue;
      }
      seen |= element.requiredBit;
      if ((choices & element.choiceBit) !== 0) this.repeatedChoice(type, element, value);
      choices |= element.choiceBit;
      this.member(element, value, container);
    }
    if (isEmpty) this.findings.add('structure', 'An object must not be empty. Leave it out.');
    else if ((seen & type.requiredMask) !== type.requiredMask) this.missing(type, seen);
    if (type.name === 'Extension') this.extension(value);
  }

  private unknownElement(type: CompiledType, name: string): void {
    const nearest = nearestName(name, type.elements.keys());
    const text = `${type.name} has no element ${quoted(name)}. Did you mean ${nearest}? Otherwise remove it, or use an extension.`;
    this.findings.add('structure', text, name);
  }

  private missing(type: CompiledType, seen: number): void {
    for (const [position, name] of type.required.entries()) {
      if ((seen & (1 << position)) !== 0) continue;
      this.findings.add('required', `${type.name} needs the element ${name}. Add it.`, name.replace('[x]', ''));
    }
  }

  /** Called at each further property of a choice already seen; reports once, at the second name (`_x` counts as x). */
  private repeatedChoice(type: CompiledType, element: CompiledElement, value: JsonObject): void {
    const given = Object.keys(value).filter((name) => type.elements.get(name)?.choiceOf === element.choiceOf);
    const names = [...new Set(given.map((name) => name.replace(/^_/, '')))];
    if (names[1] !== element.name) return;
    const text = `Only one ${element.choiceOf} may be given, not ${names.join(' and ')}.`;
    this.findings.add('structure', text, element.step.split('.')[0]);
  }

  private extension(value: JsonObject): void {
    const hasValue = Object.keys(value).some((name) => /^_?value/.test(name));
    if (hasValue === (value.extension !== undefined)) {
      this.findings.add(
        'invariant',
        'An extension has either a value or extensions of its own: exactly one of the two.',
      );
    }
  }

  private member(element: CompiledElement, owner: JsonObject, container: Container): void {
    if (element.kind === 'resourceType') return;
    this.findings.enter(element.step);
    if (element.kind === 'sibling') this.sibling(element, owner, container);
    else if (element.isArray) this.array(element, owner, container);
    else this.single(element, owner[element.name], container);
    this.findings.leave();
  }

  private array(element: CompiledElement, owner: JsonObject, container: Container): void {
    const value = owner[element.name];
    if (!Array.isArray(value))
      return this.findings.add(
        'structure',
        `${element.name} may repeat: write it as an array (here a list of ${element.type}s).`,
      );
    if (value.length === 0) return this.findings.add('structure', 'An array must not be empty. Leave it out.');
    const sibling = element.kind === 'primitive' ? owner[`_${element.name}`] : undefined;
    for (let index = 0; index < value.length; index++) {
      if (value[index] === null && Array.isArray(sibling) && sibling[index] != null) continue;
      this.findings.enter(index);
      this.single(element, value[index], container);
      this.findings.leave();
    }
  }

  /** `_x`: ids and extensions of the primitive x; for a repeating x an array beside its array, null where there is nothing. */
  private sibling(element: CompiledElement, owner: JsonObject, container: Container): void {
    const value = owner[`_${element.name}`];
    if (!element.isArray) return this.elementOnly(value, container);
    if (!Array.isArray(value))
      return this.findings.add('structure', `_${element.name} must be an array, as ${element.name}.`);
    const beside = owner[element.name];
    const values: unknown[] = Array.isArray(beside) ? beside : [];
    if (value.length === 0 || (values.length > 0 && values.length !== value.length)) {
      const text = `${element.name} and _${element.name} must have the same number of items; write null where one has nothing.`;
      return this.findings.add('structure', text);
    }
    for (let index = 0; index < value.length; index++) {
      // Null beside null is reported at the values.
      if (value[index] === null && values.length > 0) continue;
      this.findings.enter(index);
      this.elementOnly(value[index], container);
      this.findings.leave();
    }
  }

  private elementOnly(value: unknown, container: Container): void {
    if (isJsonObject(value)) this.object(compiledType(this.definitions, 'Element')!, value, container);
    else this.findings.add('structure', `An object with id or extension is expected, not ${quoted(value)}.`);
  }

  private single(element: CompiledElement, value: unknown, container: Container): void {
    if (value === null) return this.findings.add('structure', 'null is not a value in FHIR. Leave the element out.');
    if (Array.isArray(value))
      return this.findings.add('structure', `${element.name} does not repeat: write one value, no array.`);
    if (element.kind === 'primitive') return this.primitive(element, value);
    if (element.kind === 'resource') return this.resource(value, element.name === 'contained' ? container : undefined);
    if (!isJsonObject(value))
      return this.findings.add('structure', `A JSON object (${element.type}) is expected, not ${quoted(value)}.`);
    this.object(compiledType(this.definitions, element.type)!, value, container);
    if (element.type === 'Reference') {
      const wrong = referenceFault(value, container, element.targets, this.definitions);
      if (wrong !== undefined) this.findings.add('value', wrong, 'reference');
    }
    this.binding(element, value);
  }

  private primitive(element: CompiledElement, value: unknown): void {
    const wrong = element.check!(value);
    if (wrong) this.findings.add(wrong.code, wrong.text);
    else this.binding(element, value);
  }

  private binding(element: CompiledElement, value: unknown): void {
    const wrong = element.binding?.(value);
    if (wrong !== undefined) this.findings.add('code-invalid', wrong);
  }
}

/**
 * In: a parsed resource; `root` is where it stands when it is part of something (`Bundle.entry[3].resource`), by default its
 * type. Out: issues of severity error, each with the FHIRPath of its element; empty when the resource is valid. Codes:
 * `structure` (unknown element, JSON type, arrays, emptiness), `required`, `value` (format, reference), `too-long`,
 * `code-invalid` (required binding), `invariant` (extensions, narrative, contained); `statusForIssues` gives the HTTP
 * status. At most `fhirLimits.validationIssuesMax` issues. Never throws.
 */
export function validateResource(definitions: FhirDefinitions, resource: FhirResource, root?: string): Issue[] {
  const name = typeof resource.resourceType === 'string' ? resource.resourceType : 'Resource';
  const walk = new Walk(definitions, new Findings(root ?? name));
  walk.resource(resource);
  return walk.findings.issues;
}
