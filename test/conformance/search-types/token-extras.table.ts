// The modifiers `:text` and `:of-type` of tokens: http://hl7.org/fhir/R4/search.html#token
import type { TruthGroup } from './truth-table';

const long = 'x'.repeat(600);

export const tokenExtraGroups: readonly TruthGroup[] = [
  {
    why: 'codes of a local system',
    resource: {
      resourceType: 'DocumentReference',
      type: { coding: [{ system: 'http://fhir.blackpear.com/bpc', code: 'SIDER_EPACCS' }] },
    },
    cases: [
      ['type=http://fhir.blackpear.com/bpc|SIDER_EPACCS', true],
      ['type=http://fhir.blackpear.com/bpc|', true],
      ['type=http://loinc.org|SIDER_EPACCS', false],
      ['type=|SIDER_EPACCS', false],
      ['type=http://fhir.blackpear.com/bpc|sider_epaccs', false],
    ],
  },
  {
    why: 'what people read of codes',
    resource: {
      resourceType: 'Observation',
      code: {
        text: 'Systolic Blood pressure',
        coding: [{ code: '1', display: 'Pression artérielle, 100%|a\\b' }, null],
      },
      category: [{ coding: [{ code: 'vital-signs', display: 'Vital Signs' }] }],
      meta: { tag: [{ code: 't', display: 'A tag' }] },
    },
    cases: [
      ['code:text=systolic', true],
      ['code:text=SYSTOLIC blood', true],
      ['code:text=blood', false],
      ['code:text=pression arterielle\\,', true],
      ['code:text=pression arterielle\\, 100%25\\|a\\\\b', true],
      ['code:text=vital', false],
      ['code:text=1', false],
      ['code=Systolic Blood pressure', false],
      ['category:text=vital', true],
      ['category:text=nothing,VITAL', true],
      ['combo-code:text=systolic', true],
      ['value-concept:text=systolic', false],
      ['_tag:text=a t', true],
      ['_tag:text=a_t', false],
    ],
  },
  {
    why: 'identifiers of a type',
    resource: {
      resourceType: 'Patient',
      identifier: [
        {
          type: {
            text: 'Record',
            coding: [
              { system: 'http://v2', code: 'MR' },
              { system: 'http://x|y', code: 'a' },
            ],
          },
          value: '44|6',
        },
        {
          type: { coding: [{ system: 'http://v2', code: 'SS' }, { code: 'no-system' }] },
          system: 'http://ssn',
          value: '7',
        },
        { type: { coding: [{ system: 'http://v2', code: 'DL' }] } },
      ],
    },
    cases: [
      ['identifier:of-type=http://v2|MR|44\\|6', true],
      ['identifier:of-type=http://x\\|y|a|44\\|6', true],
      ['identifier:of-type=http://v2|SS|7', true],
      ['identifier:of-type=http://v2|MR|7', false],
      ['identifier:of-type=http://v2|SS|44\\|6,http://v2|SS|7', true],
      ['identifier:of-type=http://other|SS|7', false],
      ['identifier:text=rec', true],
      ['identifier:text=ss', false],
      ['identifier=44\\|6', true],
    ],
  },
  {
    why: 'a long identifier of a type',
    resource: {
      resourceType: 'Patient',
      identifier: [{ type: { coding: [{ system: 'http://v2', code: 'MR' }] }, value: long }],
    },
    cases: [
      [`identifier:of-type=http://v2|MR|${long}`, true],
      [`identifier:of-type=http://v2|MR|${long}y`, false],
    ],
  },
];
