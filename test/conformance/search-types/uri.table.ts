// Uris: http://hl7.org/fhir/R4/search.html#uri
import type { TruthTable } from './truth-table';

const long = `http://example.org/${'segment/'.repeat(80)}end`;

export const uriTable: TruthTable = {
  groups: [
    {
      why: 'a canonical url',
      resource: {
        resourceType: 'ValueSet',
        url: 'http://Example.org/vs',
        meta: { profile: ['http://p/one|2.0', 'http://p/two'], source: 'http://feed/a#m1' },
      },
      cases: [
        ['url=http://Example.org/vs', true],
        ['url=http://example.org/vs', false],
        ['url=http://Example.org/vs/', false],
        ['url=http://Example.org', false],
        ['url=http://a,http://Example.org/vs', true],
        ['url:missing=false', true],
        ['_profile=http://p/one', true],
        ['_profile=http://p/one|2.0', true],
        ['_profile=http://p/one|3.0', false],
        ['_profile=http://p/two', true],
        ['_profile=http://p/two&_profile=http://p/one', true],
        ['_source=http://feed/a', true],
        ['_source=http://feed/a%23m1', true],
        ['_source=http://feed/a%23m2', false],
        ['_source=m1', false],
      ],
    },
    {
      why: 'urns, escapes and nothing else',
      resource: { resourceType: 'ValueSet', url: 'urn:oid:1.2.3,4|x' },
      cases: [
        ['url=urn:oid:1.2.3\\,4|x', true],
        ['url=urn:oid:1.2.3\\,4\\|x', true],
        ['url=urn:oid:1.2.3,4|x', false],
        ['_profile:missing=true', true],
        ['_source:missing=true', true],
      ],
    },
    {
      why: 'above and below, by the path of a URL',
      resource: {
        resourceType: 'ValueSet',
        url: 'http://acme.org/fhir/ValueSet/123',
        meta: { profile: ['http://p/a/one|2.0', 'urn:oid:1.2'] },
      },
      cases: [
        ['url:below=http://acme.org/fhir/ValueSet/123', true],
        ['url:below=http://acme.org/fhir/ValueSet/', true],
        ['url:below=http://acme.org/fhir', true],
        ['url:below=http://acme.org', true],
        ['url:below=http://acme.org/', true],
        ['url:below=http://acme.org/fh', false],
        ['url:below=http://acme.org/fhir/ValueSet/123/4', false],
        ['url:below=http://acme.org/FHIR', false],
        ['url:below=https://acme.org/fhir', false],
        ['url:below=http://b,http://acme.org/fhir', true],
        ['url:above=http://acme.org/fhir/ValueSet/123/_history/5', true],
        ['url:above=http://acme.org/fhir/ValueSet/123', true],
        ['url:above=http://acme.org/fhir/ValueSet/123/', true],
        ['url:above=http://acme.org/fhir/ValueSet/1234', false],
        ['url:above=http://acme.org/fhir/ValueSet', false],
        ['url:above=http://acme.org', false],
        ['_profile:below=http://p/a', true],
        ['_profile:below=http://p/b', false],
        ['_profile:above=http://p/a/one/two', true],
        ['_source:below=http://p', false],
      ],
    },
    {
      why: 'a URL with a slash at its end, and what is no URL',
      resource: { resourceType: 'ValueSet', url: 'http://acme.org/fhir/', meta: { source: 'urn:x' } },
      cases: [
        ['url:below=http://acme.org/fhir', true],
        ['url:above=http://acme.org/fhir/1', true],
        ['url:above=http://acme.org/fhir', true],
        ['_source:below=http://acme.org', false],
      ],
    },
    {
      why: 'a long url',
      resource: { resourceType: 'ValueSet', url: long },
      cases: [
        [`url=${long}`, true],
        [`url=${long}2`, false],
        [`url=${long.slice(0, 300)}`, false],
        [`url:below=${long.slice(0, long.indexOf('segment/', 200))}`, true],
        [`url:above=${long}/more`, true],
      ],
    },
  ],
  refusals: [
    { query: 'ValueSet?url:above=urn:oid:1', says: /":above" follows the path of a URL; "urn:oid:1" is none/ },
    { query: 'ValueSet?url:below=x', says: /":below" follows the path/ },
    {
      query: 'ValueSet?url:contains=x',
      says: /"url" does not take the modifier ":contains".*:above, :below, :missing/,
    },
    { query: 'ValueSet?ur1=http://x', says: /nearest name is "url"/ },
  ],
};
