// Content negotiation: https://hl7.org/fhir/R4/http.html#mime-type. Only FHIR JSON is served and taken.
import { errorIssue, FhirError } from '../fhir';
import { NEGOTIATED_VALUES_MAX } from './limits';
import { parameterValue } from './parameters';
import type { Parameter } from './parameters';

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';
export const FORM = 'application/x-www-form-urlencoded';

const jsonTypes = ['application/fhir+json', 'application/json', 'text/json', 'application/json+fhir'];
const wildcards = ['*/*', 'application/*', 'text/*'];
const jsonFormats = new Set(['json', ...jsonTypes]);

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Answers from parsed headers, remembered: the same few values come with every request. */
class Verdicts {
  private readonly known = new Map<string, boolean>();

  of(value: string, decide: () => boolean): boolean {
    const known = this.known.get(value);
    if (known !== undefined) return known;
    const verdict = decide();
    if (this.known.size < NEGOTIATED_VALUES_MAX) this.known.set(value, verdict);
    return verdict;
  }
}

export class MediaTypes {
  private readonly accepts = new Verdicts();
  private readonly bodies = new Verdicts();
  private readonly versions: ReadonlySet<string>;

  /** @param versionNumber the FHIR version served, e.g. `4.0.1`; clients may name it in full or as `4.0` */
  constructor(private readonly versionNumber: string) {
    this.versions = new Set([versionNumber, versionNumber.split('.').slice(0, 2).join('.')]);
  }

  /**
   * Checks what the client wants to read. `_format` wins over `Accept`; none of both means JSON.
   * @throws FhirError 406 naming what is served
   */
  checkAccept(accept: string | undefined, parameters: readonly Parameter[]): void {
    const format = parameters.length === 0 ? undefined : parameterValue(parameters, '_format');
    if (format !== undefined && format !== '') {
      // A raw plus in a query has become a blank: application/fhir+json.
      const [range] = parseRanges(format.replaceAll(' ', '+'));
      if (range !== undefined && jsonFormats.has(range.type) && this.isVersionServed(range)) return;
      throw this.notAcceptable(`_format=${format}`);
    }
    if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/fhir+json') return;
    if (!this.accepts.of(accept, () => parseRanges(accept).some((range) => this.isAcceptable(range)))) {
      throw this.notAcceptable(`Accept: ${accept}`);
    }
  }

  /**
   * Checks the type of a FHIR body.
   * @throws FhirError 415 naming what is accepted
   */
  checkBody(contentType: string | undefined, contentEncoding: string | undefined): void {
    if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') {
      throw unsupportedMedia(`Content-Encoding ${cut(contentEncoding)} is not supported; send the body uncompressed.`);
    }
    if (contentType === 'application/fhir+json' || contentType === 'application/json') return;
    const given = contentType ?? '';
    if (this.bodies.of(given, () => this.isBodyTaken(given))) return;
    const problem =
      given === '' ? 'The request has no Content-Type.' : `The Content-Type '${cut(given)}' is not supported.`;
    const major = this.versionNumber.split('.').slice(0, 2).join('.');
    throw unsupportedMedia(
      `${problem} Send application/fhir+json (also application/json, text/json) in UTF-8, FHIR version ${major}.`,
    );
  }

  /** @throws FhirError 415 when a search body is not a form */
  checkForm(contentType: string | undefined): void {
    const [range] = parseRanges(contentType ?? '');
    if (range?.type === FORM) return;
    throw unsupportedMedia(`A search by POST takes its parameters as ${FORM}.`);
  }

  private isAcceptable(range: MediaRange): boolean {
    if (Number(range.parameters.get('q') ?? '1') === 0) return false;
    if (wildcards.includes(range.type)) return true;
    return jsonTypes.includes(range.type) && this.isVersionServed(range);
  }

  private isBodyTaken(contentType: string): boolean {
    const [range] = parseRanges(contentType);
    if (range === undefined || !jsonTypes.includes(range.type)) return false;
    const charset = range.parameters.get('charset')?.toLowerCase() ?? 'utf-8';
    return (charset === 'utf-8' || charset === 'utf8') && this.isVersionServed(range);
  }

  private isVersionServed(range: MediaRange): boolean {
    const version = range.parameters.get('fhirversion');
    return version === undefined || this.versions.has(version);
  }

  private notAcceptable(asked: string): FhirError {
    const major = this.versionNumber.split('.').slice(0, 2).join('.');
    const text = `'${cut(asked)}' cannot be served. This server answers application/fhir+json (_format=json), FHIR version ${major}.`;
    return new FhirError(406, errorIssue('not-supported', text));
  }
}

function parseRanges(header: string): MediaRange[] {
  return header.split(',').flatMap((piece) => {
    const [type = '', ...rest] = piece.split(';');
    const name = type.trim().toLowerCase();
    if (name === '') return [];
    const parameters = new Map<string, string>();
    for (const parameter of rest) {
      const equals = parameter.indexOf('=');
      if (equals < 0) continue;
      const value = parameter.slice(equals + 1).trim();
      parameters.set(parameter.slice(0, equals).trim().toLowerCase(), value.replace(/^"(.*)"$/, '$1'));
    }
    return [{ type: name, parameters }];
  });
}

function unsupportedMedia(text: string): FhirError {
  return new FhirError(415, errorIssue('not-supported', text));
}

function cut(text: string): string {
  return text.slice(0, 200);
}
