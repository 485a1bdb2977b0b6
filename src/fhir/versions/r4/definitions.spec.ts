import fhirpath from 'fhirpath';
import { definitionsFor } from '../versions';

const r4 = definitionsFor('R4');

it('has the 145 types with an endpoint: all 146 concrete ones but Parameters', () => {
  expect(r4.resourceTypes).toHaveLength(145);
  expect(r4.type('Parameters')?.kind).toBe('resource');
  for (const name of ['Parameters', 'Resource', 'DomainResource', 'SubscriptionStatus', 'HumanName', 'constructor']) {
    expect([name, r4.isResourceType(name)]).toEqual([name, false]);
  }
});

it('knows every type that any element names', () => {
  const names = new Set(r4.resourceTypes);
  const missing: string[] = [];
  for (const name of names) {
    for (const element of r4.type(name)!.elements.values()) {
      names.add(element.type);
      if (r4.type(element.type)?.name !== element.type) missing.push(`${name}.${element.name}: ${element.type}`);
      missing.push(...(element.targets ?? []).filter((target) => r4.type(target)?.kind !== 'resource'));
    }
  }
  expect(missing).toEqual([]);
  expect(names.size).toBeGreaterThan(600);
});

it('unfolds inherited elements, choices, bindings, targets and marks', () => {
  const observation = r4.type('Observation')!;
  expect(observation.elements.get('id')).toMatchObject({ type: 'id', max: 1 });
  expect(observation.elements.get('contained')).toMatchObject({ type: 'Resource', max: Infinity });
  expect(observation.elements.get('valueQuantity')).toMatchObject({ choiceOf: 'value[x]', type: 'Quantity' });
  expect(observation.elements.has('value[x]')).toBe(false);
  expect(observation.elements.get('status')).toMatchObject({
    min: 1,
    isModifier: true,
    isSummary: true,
    binding: 'http://hl7.org/fhir/ValueSet/observation-status',
  });
  expect(observation.elements.get('encounter')?.targets).toEqual(['Encounter']);
  expect(observation.elements.get('focus')?.targets).toBeUndefined();
  expect(r4.type('Observation.component')!.elements.get('referenceRange')?.type).toBe('Observation.referenceRange');
  expect(r4.type('Age')!.elements.has('comparator')).toBe(true);
});

it('leaves out what is not R4 although the source package has it', () => {
  expect(r4.type('ResearchStudy')!.elements.has('label')).toBe(false);
  expect(r4.type('Meta')!.elements.has('project')).toBe(false);
  expect([...r4.type('EvidenceVariable.characteristic')!.elements.keys()]).toContain('groupMeasure');
});

it('lists the codes of required bindings with their systems', () => {
  expect([...r4.codes('http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1')!]).toEqual([
    'male',
    'female',
    'other',
    'unknown',
  ]);
  expect(r4.systemOf('http://hl7.org/fhir/ValueSet/administrative-gender', 'male')).toBe(
    'http://hl7.org/fhir/administrative-gender',
  );
  expect(r4.codes('http://hl7.org/fhir/ValueSet/mimetypes')).toBeUndefined();
});

it('knows compartments', () => {
  expect(r4.compartmentParameters('Patient', 'Observation')).toEqual(['subject', 'performer']);
  expect(r4.compartmentParameters('Patient', 'Medication')).toEqual([]);
});

describe('search parameters', () => {
  const all = r4.resourceTypes.flatMap((type) =>
    [...r4.searchParameters(type).values()].map((p) => ({ ...p, resourceType: type })),
  );

  it('offers the common ones on every type', () => {
    const common = ['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag'];
    for (const type of r4.resourceTypes) {
      for (const code of common) expect(r4.searchParameters(type).has(code)).toBe(true);
    }
    expect(r4.searchParameters('NoSuchType').size).toBe(0);
  });

  it('is cut to the type: each branch starts with it, no cast throws on several values, no branch twice', () => {
    const wrong: string[] = [];
    for (const { resourceType, expression } of all) {
      const branches = expression.split(' | ');
      if (new Set(branches).size !== branches.length) wrong.push(expression);
      const start = new RegExp(`^${resourceType}\\b`);
      if (!branches.every((branch) => start.test(branch)) || /\bas\b/.test(expression)) wrong.push(expression);
    }
    expect(wrong).toEqual([]);
  });

  it('compiles', () => {
    // A common parameter compiles for every type when it does for one.
    const expressions = new Set(all.filter((p) => !p.code.startsWith('_')).map((p) => p.expression));
    for (const expression of [...expressions, 'Patient.meta.tag']) fhirpath.compile(expression);
    expect(expressions.size).toBeGreaterThan(1000);
  });

  /** Types an expression's branch selects, following names and `ofType` through the definitions. */
  function selected(branch: string): string[] {
    const steps = branch.replace(/\.where\([^()]*(?:\(\)[^()]*)?\)|\[0\]/g, '').split('.');
    return steps.slice(1).reduce<string[]>(
      (types, step) => {
        const cast = /^ofType\((\w+)\)$/.exec(step)?.[1];
        if (cast !== undefined) return types.filter((type) => type === cast);
        const elements = types.flatMap((type) => [...(r4.type(type)?.elements.values() ?? [])]);
        return elements.filter((e) => e.name === step || e.choiceOf === `${step}[x]`).map((e) => e.type);
      },
      [steps[0]!],
    );
  }

  it('selects elements that exist', () => {
    const missing: string[] = [];
    const plain = all.filter(({ expression }) => !expression.includes(' and '));
    for (const { expression } of plain) {
      missing.push(...expression.split(' | ').filter((branch) => selected(branch).length === 0));
    }
    expect(missing).toEqual([]);
    expect(all.length - plain.length).toBe(1);
  });

  it('narrows targets to what the element allows', () => {
    expect(r4.searchParameters('Observation').get('patient')?.targets).toEqual(['Patient']);
    expect(r4.searchParameters('Observation').get('subject')?.targets).toEqual([
      'Device',
      'Group',
      'Location',
      'Patient',
    ]);
    expect(r4.searchParameters('Observation').get('code-value-quantity')?.components).toEqual([
      { code: 'code', type: 'token', expression: 'code' },
      { code: 'value-quantity', type: 'quantity', expression: 'value.ofType(Quantity)' },
    ]);
  });
});
