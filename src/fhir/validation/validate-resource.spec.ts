import { fhirLimits } from '../limits';
import { statusForIssues } from '../outcome/outcome';
import type { FhirResource } from '../resource';
import { definitionsFor } from '../versions/versions';
import { validateResource } from './validate-resource';

const r4 = definitionsFor('R4');
const validate = (resource: object) => validateResource(r4, resource as FhirResource);
const patient = (rest: object) => ({ resourceType: 'Patient', ...rest });
const observation = (rest: object) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '1' }] },
  ...rest,
});
const extension = (rest: object) => patient({ extension: [{ url: 'http://x', ...rest }] });

describe('valid', () => {
  it.each([
    ['nothing but a type', patient({})],
    ['a choice', observation({ valueQuantity: { value: 1.5, unit: 'mg' } })],
    ['a primitive with an extension beside it', patient({ birthDate: '1974-12-25', _birthDate: { id: 'b' } })],
    ['an extension instead of a required value', { ...observation({}), status: undefined, _status: { id: 's' } }],
    ['a choice and its own sibling', observation({ valueString: 'x', _valueString: { id: 'v' } })],
    ['aligned arrays', patient({ name: [{ given: ['a', null], _given: [null, { id: 'g' }] }] })],
    ['a repeating primitive of extensions only', patient({ name: [{ _given: [{ id: 'g' }] }] })],
    ['a nested extension', extension({ extension: [{ url: 'y', valueCode: 'c' }] })],
    [
      'references of every form',
      observation({
        subject: { reference: 'Patient/a.B-1/_history/2' },
        basedOn: [{ reference: 'http://e.org/fhir/CarePlan/1' }, { reference: 'https://e.org/anything' }],
        performer: [{ reference: 'urn:uuid:0b2c9a2e-43b7-4b7c-9c4e-0a4d8a0d1f11' }, { reference: 'urn:oid:1.2.3' }],
        focus: [{ reference: '#p' }],
        encounter: { identifier: { value: '1' } },
        contained: [{ resourceType: 'Patient', id: 'p', generalPractitioner: [{ display: 'x' }] }],
      }),
    ],
    [
      'a contained resource that refers to its container',
      observation({
        contained: [
          {
            resourceType: 'Observation',
            id: 'o',
            status: 'final',
            code: { text: 'x' },
            hasMember: [{ reference: '#' }],
          },
        ],
        hasMember: [{ reference: '#o' }],
      }),
    ],
    [
      'a Bundle of resources',
      {
        resourceType: 'Bundle',
        type: 'collection',
        entry: [
          {
            resource: patient({
              contained: [{ resourceType: 'Organization', id: 'o' }],
              managingOrganization: { reference: '#o' },
            }),
          },
        ],
      },
    ],
    ['Parameters', { resourceType: 'Parameters', parameter: [{ name: 'a', resource: patient({}) }] }],
    [
      'recursive elements',
      {
        resourceType: 'Questionnaire',
        status: 'draft',
        item: [{ linkId: '1', type: 'group', item: [{ linkId: '2', type: 'display' }] }],
      },
    ],
    [
      'a narrative',
      patient({
        text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>a &lt; b<br/></p></div>' },
      }),
    ],
    ['a leap day', patient({ birthDate: '2024-02-29' })],
    ['a currency', { resourceType: 'Invoice', status: 'draft', totalNet: { value: 1.1, currency: 'EUR' } }],
  ])('%s', (_what, resource) => {
    expect(validate(resource)).toEqual([]);
  });
});

describe('refused', () => {
  it.each([
    // type
    [{ resourceType: 'Patent' }, 'structure', 'Patent.resourceType', 'Did you mean Patient?'],
    [{ resourceType: 'DomainResource' }, 'structure', 'DomainResource.resourceType', 'not a resource type'],
    [{ resourceType: 'HumanName' }, 'structure', 'HumanName.resourceType', 'not a resource type'],
    // unknown elements
    [patient({ nmae: [] }), 'structure', 'Patient.nmae', 'Did you mean name?'],
    [
      patient({ name: [{ given: ['a'], first: 'b' }] }),
      'structure',
      'Patient.name[0].first',
      'HumanName has no element',
    ],
    [observation({ value: 1 }), 'structure', 'Observation.value', 'no element'],
    [patient({ _name: [] }), 'structure', 'Patient._name', 'no element'],
    [
      JSON.parse('{"resourceType":"Patient","__proto__":{"x":1}}') as object,
      'structure',
      'Patient.__proto__',
      'no element',
    ],
    [patient({ constructor: 1 }), 'structure', 'Patient.constructor', 'no element'],
    // JSON types and cardinality
    [patient({ name: { text: 'x' } }), 'structure', 'Patient.name', 'array'],
    [patient({ gender: ['male'] }), 'structure', 'Patient.gender', 'does not repeat'],
    [patient({ active: 'true' }), 'structure', 'Patient.active', 'without quotes'],
    [patient({ multipleBirthInteger: '1' }), 'structure', 'Patient.multipleBirth.ofType(integer)', 'JSON number'],
    [patient({ name: ['x'] }), 'structure', 'Patient.name[0]', 'HumanName'],
    [patient({ name: [{ family: 1 }] }), 'structure', 'Patient.name[0].family', 'JSON string'],
    [patient({ birthDate: null }), 'structure', 'Patient.birthDate', 'null'],
    [patient({ name: [null] }), 'structure', 'Patient.name[0]', 'null'],
    [patient({ name: [] }), 'structure', 'Patient.name', 'must not be empty'],
    [patient({ maritalStatus: {} }), 'structure', 'Patient.maritalStatus', 'must not be empty'],
    [patient({ name: [{ given: ['a', ''] }] }), 'value', 'Patient.name[0].given[1]', 'must not be empty'],
    [observation({ code: undefined }), 'required', 'Observation.code', 'needs the element code'],
    [observation({ component: [{ valueString: 'x' }] }), 'required', 'Observation.component[0].code', 'needs'],
    [
      { resourceType: 'MedicationRequest', status: 'draft', intent: 'plan', subject: { display: 'x' } },
      'required',
      'MedicationRequest.medication',
      'medication[x]',
    ],
    [
      observation({ valueString: 'x', valueInteger: 1 }),
      'structure',
      'Observation.value',
      'valueString and valueInteger',
    ],
    // primitives beside each other
    [
      patient({ name: [{ given: ['a'], _given: [null, { id: 'x' }] }] }),
      'structure',
      'Patient.name[0].given',
      'same number',
    ],
    [patient({ name: [{ given: [null], _given: [null] }] }), 'structure', 'Patient.name[0].given[0]', 'null'],
    [patient({ name: [{ given: ['a'], _given: { id: 'x' } }] }), 'structure', 'Patient.name[0].given', 'array'],
    [patient({ _birthDate: 'x' }), 'structure', 'Patient.birthDate', 'id or extension'],
    [patient({ _birthDate: { nonsense: 1 } }), 'structure', 'Patient.birthDate.nonsense', 'no element'],
    // formats
    [patient({ id: 'a b' }), 'value', 'Patient.id', '1 to 64'],
    [patient({ birthDate: '25.12.1974' }), 'value', 'Patient.birthDate', 'YYYY-MM-DD'],
    [patient({ birthDate: '2023-02-29' }), 'value', 'Patient.birthDate', 'no such day'],
    [patient({ birthDate: '2023-04-31' }), 'value', 'Patient.birthDate', 'no such day'],
    [patient({ deceasedDateTime: '2023-01-01T10:00' }), 'value', 'Patient.deceased.ofType(dateTime)', 'zone'],
    [observation({ issued: '2023-01-01' }), 'value', 'Observation.issued', 'instant'],
    [observation({ valueTime: '25:00:00' }), 'value', 'Observation.value.ofType(time)', 'hh:mm:ss'],
    [patient({ multipleBirthInteger: 1.5 }), 'value', 'Patient.multipleBirth.ofType(integer)', 'whole number'],
    [patient({ multipleBirthInteger: 2147483648 }), 'value', 'Patient.multipleBirth.ofType(integer)', 'whole number'],
    [patient({ telecom: [{ rank: 0 }] }), 'value', 'Patient.telecom[0].rank', 'from 1'],
    [patient({ photo: [{ data: 'abc' }] }), 'value', 'Patient.photo[0].data', 'base64'],
    [patient({ photo: [{ url: 'http://a b' }] }), 'value', 'Patient.photo[0].url', 'white space'],
    [patient({ name: [{ text: 'a\u0000b' }] }), 'value', 'Patient.name[0].text', 'control characters'],
    [patient({ name: [{ text: '\ud800' }] }), 'value', 'Patient.name[0].text', 'half'],
    [
      patient({ name: [{ text: 'x'.repeat(fhirLimits.stringCharactersMax + 1) }] }),
      'too-long',
      'Patient.name[0].text',
      'at most',
    ],
    // codes
    [patient({ gender: 'mail' }), 'code-invalid', 'Patient.gender', 'male, female, other, unknown'],
    [
      { resourceType: 'Condition', subject: { display: 'x' }, clinicalStatus: { text: 'active' } },
      'code-invalid',
      'Condition.clinicalStatus',
      'value set',
    ],
    [
      { resourceType: 'Invoice', status: 'draft', totalNet: { currency: 'Euro' } },
      'code-invalid',
      'Invoice.totalNet.currency',
      'currency',
    ],
    // references
    [
      observation({ subject: { reference: 'Patent/1' } }),
      'value',
      'Observation.subject.reference',
      'not a resource type',
    ],
    [
      observation({ subject: { reference: 'Patient/a b' } }),
      'value',
      'Observation.subject.reference',
      'not a reference',
    ],
    [observation({ subject: { reference: 'Patient' } }), 'value', 'Observation.subject.reference', 'not a reference'],
    [observation({ subject: { reference: 'Patient?x=1' } }), 'value', 'Observation.subject.reference', 'conditional'],
    [observation({ subject: { reference: '#p' } }), 'value', 'Observation.subject.reference', 'no contained'],
    [observation({ subject: { reference: 'urn:uuid:1' } }), 'value', 'Observation.subject.reference', 'UUID'],
    [
      observation({ subject: { reference: 'Practitioner/1' } }),
      'value',
      'Observation.subject.reference',
      'Patient, Group, Device, Location',
    ],
    [
      observation({ subject: { reference: 'http://e.org/Practitioner/1' } }),
      'value',
      'Observation.subject.reference',
      'not allowed',
    ],
    [
      observation({ encounter: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p' }] }),
      'value',
      'Observation.encounter.reference',
      'Patient is not allowed',
    ],
    // extensions, contained, narrative
    [patient({ extension: [{ valueCode: 'x' }] }), 'required', 'Patient.extension[0].url', 'url'],
    [extension({}), 'invariant', 'Patient.extension[0]', 'exactly one'],
    [
      extension({ valueCode: 'x', extension: [{ url: 'y', valueCode: 'c' }] }),
      'invariant',
      'Patient.extension[0]',
      'exactly one',
    ],
    [extension({ valueCode: 'x', valueString: 'y' }), 'structure', 'Patient.extension[0].value', 'Only one value[x]'],
    [patient({ contained: [{ id: 'x' }] }), 'structure', 'Patient.contained[0]', 'resourceType'],
    [
      patient({ contained: [{ resourceType: 'Patient', gender: 'x' }] }),
      'code-invalid',
      'Patient.contained[0].gender',
      'male',
    ],
    [
      patient({ contained: [{ resourceType: 'Patient', contained: [{ resourceType: 'Patient' }] }] }),
      'invariant',
      'Patient.contained[0].contained',
      'Move them up',
    ],
    [
      { resourceType: 'Bundle', type: 'batch', entry: [{ resource: { resourceType: 'X' } }] },
      'structure',
      'Bundle.entry[0].resource.resourceType',
      'not a resource type',
    ],
    [
      patient({ text: { status: 'generated', div: '<div><script>x</script></div>' } }),
      'invariant',
      'Patient.text.div',
      'script',
    ],
  ])('%j', (resource, code, expression, words) => {
    const issues = validate(resource);
    expect(issues.map((issue) => [issue.code, issue.expression])).toEqual([[code, expression]]);
    expect(issues[0]!.text).toContain(words);
    expect(issues[0]!.severity).toBe('error');
    expect(statusForIssues(issues)).toBe(['code-invalid', 'invariant'].includes(code) ? 422 : 400);
  });
});

it('reports every fault, each at its place', () => {
  const issues = validate({ resourceType: 'Observation', status: 'x', component: [{}, { code: {} }] });
  expect(issues.map((issue) => `${issue.code} ${issue.expression}`)).toEqual([
    'code-invalid Observation.status',
    'structure Observation.component[0]',
    'structure Observation.component[1].code',
    'required Observation.code',
  ]);
});

it('stops at a bounded number of issues', () => {
  const issues = validate(patient({ name: Array.from({ length: 10_000 }, () => ({ family: 1 })) }));
  expect(issues).toHaveLength(fhirLimits.validationIssuesMax);
});

it('names the place inside a Bundle when told where the resource stands', () => {
  const [issue] = validateResource(r4, patient({ gender: 'x' }), 'Bundle.entry[3].resource');
  expect(issue!.expression).toBe('Bundle.entry[3].resource.gender');
});

it('quotes no more of a value than a message can bear', () => {
  expect(validate(patient({ gender: 'x'.repeat(10_000) }))[0]!.text.length).toBeLessThan(200);
});
