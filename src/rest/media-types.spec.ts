import { MediaTypes } from './media-types';

const media = new MediaTypes('4.0.1');
const refused = (status: number): Error => expect.objectContaining({ status }) as Error;

describe('media types', () => {
  it.each([
    undefined,
    '*/*',
    'application/fhir+json',
    'application/fhir+json; fhirVersion=4.0',
    'application/json;q=0.5, application/fhir+xml',
    'text/json',
    'application/json+fhir',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'APPLICATION/FHIR+JSON; charset=UTF-8',
  ])('R-4: serves Accept %s', (accept) => {
    expect(() => media.checkAccept(accept, [])).not.toThrow();
  });

  it.each([
    'application/fhir+xml',
    'text/html',
    'application/fhir+turtle',
    'application/fhir+json; fhirVersion=3.0',
    'application/json;q=0',
    'image/png',
  ])('R-6: answers 406 to Accept %s and names what is served', (accept) => {
    expect(() => media.checkAccept(accept, [])).toThrow(refused(406));
    expect(() => media.checkAccept(accept, [])).toThrow('application/fhir+json');
  });

  it.each(['json', 'application/json', 'application/fhir json', 'text/json'])(
    'R-5: _format=%s wins over Accept',
    (format) => {
      expect(() => media.checkAccept('application/fhir+xml', [['_format', format]])).not.toThrow();
    },
  );

  it.each(['xml', 'ttl', 'html', 'application/fhir+xml', 'nonsense'])('R-5: _format=%s is 406', (format) => {
    expect(() => media.checkAccept('application/fhir+json', [['_format', format]])).toThrow(refused(406));
  });

  it.each([
    'application/fhir+json',
    'application/json',
    'text/json',
    'application/json+fhir',
    'application/fhir+json; charset=UTF-8',
    'application/fhir+json;fhirVersion=4.0',
    'application/fhir+json; fhirVersion="4.0.1"',
  ])('takes a body of %s', (type) => {
    expect(() => media.checkBody(type, undefined)).not.toThrow();
  });

  it.each([
    undefined,
    '',
    'application/fhir+xml',
    'text/plain',
    'application/fhir+json; charset=latin1',
    'application/fhir+json; fhirVersion=3.0',
  ])('R-6: answers 415 to a body of %s and names what is accepted', (type) => {
    expect(() => media.checkBody(type, undefined)).toThrow(refused(415));
    expect(() => media.checkBody(type, undefined)).toThrow('application/fhir+json');
  });

  it('answers 415 to a compressed body', () => {
    expect(() => media.checkBody('application/fhir+json', 'gzip')).toThrow(refused(415));
    expect(() => media.checkBody('application/fhir+json', 'identity')).not.toThrow();
  });
});
