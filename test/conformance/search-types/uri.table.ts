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
      why: 'a long url',
      resource: { resourceType: 'ValueSet', url: long },
      cases: [
        [`url=${long}`, true],
        [`url=${long}2`, false],
        [`url=${long.slice(0, 300)}`, false],
      ],
    },
  ],
  refusals: [
    { query: 'ValueSet?url:above=http://x', says: /"url" does not take the modifier ":above".*:missing/ },
    { query: 'ValueSet?url:below=http://x', says: /:below/ },
    { query: 'ValueSet?ur1=http://x', says: /nearest name is "url"/ },
  ],
};
