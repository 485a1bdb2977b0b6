// What makes a primitive value valid: its JSON type and its format. http://hl7.org/fhir/R4/datatypes.html#primitive
import type { TypeDefinition } from '../definitions';
import { fhirLimits } from '../limits';
import { quoted } from './findings';

/** A wrong JSON type is a fault of structure, a wrong format one of value. */
export interface PrimitiveFault {
  readonly code: 'structure' | 'value' | 'too-long';
  readonly text: string;
}

export type PrimitiveCheck = (value: unknown) => PrimitiveFault | undefined;

// Characters FHIR strings must not hold, and halves of surrogate pairs, which are no characters at all.

const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff]/u;
const ASCII_PRINTABLE = /^[\u0020-\u007e]*$/;
const EQUALS_SIGN = 61;
const BASE64_DIGITS = Uint8Array.from({ length: 128 }, (_, code) =>
  /[0-9A-Za-z+/]/.test(String.fromCharCode(code)) ? 1 : 0,
);
const INTEGER_MAX = 2_147_483_647;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const fault = (code: PrimitiveFault['code'], text: string): PrimitiveFault => ({ code, text });

function notAString(type: string, value: unknown): PrimitiveFault {
  return fault('structure', `A ${type} must be a JSON string, not ${quoted(value)}.`);
}

function stringCheck(type: string): PrimitiveCheck {
  return (value) => {
    if (typeof value !== 'string') return notAString(type, value);
    if (value === '') return fault('value', 'A string must not be empty. Leave the element out.');
    if (value.length > fhirLimits.stringCharactersMax) {
      return fault('too-long', `A ${type} has at most ${fhirLimits.stringCharactersMax} characters.`);
    }
    if (ASCII_PRINTABLE.test(value) || !FORBIDDEN.test(value)) return undefined;
    return fault('value', `A ${type} must not hold control characters (but tab and line ends) or half characters.`);
  };
}

/** True when the day exists in its month; what is shorter than a day always does. The format is already checked. */
function isRealDay(date: string): boolean {
  if (date.length < 10) return true;
  const [year, month, day] = [Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8, 10))];
  if (month === 2 && day === 29) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= DAYS[month - 1]!;
}

function formatCheck(type: string, regex: RegExp, expected: string): PrimitiveCheck {
  return (value) => {
    if (typeof value !== 'string') return notAString(type, value);
    if (value !== '' && value.length <= fhirLimits.stringCharactersMax && regex.test(value)) return undefined;
    return fault('value', `${quoted(value)} is not a valid ${type}: ${expected}.`);
  };
}

function dateCheck(type: string, regex: RegExp, expected: string): PrimitiveCheck {
  const hasFormat = formatCheck(type, regex, expected);
  return (value) => {
    const wrong = hasFormat(value);
    if (wrong || isRealDay(value as string)) return wrong;
    return fault('value', `${quoted(value)} is not a valid ${type}: there is no such day.`);
  };
}

function integerCheck(type: string, min: number): PrimitiveCheck {
  return (value) => {
    if (typeof value !== 'number') return fault('structure', `A ${type} must be a JSON number, not ${quoted(value)}.`);
    if (Number.isInteger(value) && value >= min && value <= INTEGER_MAX) return undefined;
    return fault('value', `${quoted(value)} is not a valid ${type}: a whole number from ${min} to ${INTEGER_MAX}.`);
  };
}

const booleanCheck: PrimitiveCheck = (value) =>
  typeof value === 'boolean'
    ? undefined
    : fault('structure', `Write true or false without quotes, not ${quoted(value)}.`);

const decimalCheck: PrimitiveCheck = (value) => {
  if (typeof value === 'number' && Number.isFinite(value)) return undefined;
  return fault('structure', `A decimal must be a JSON number, not ${quoted(value)}.`);
};

/** True for base64 with padding, white space anywhere. A loop: the published expression back-tracks without bound. */
function isBase64(text: string): boolean {
  let digits = 0;
  let padding = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 32 || (code >= 9 && code <= 13)) continue;
    if (code === EQUALS_SIGN) padding++;
    else if (padding > 0 || code > 127 || BASE64_DIGITS[code] === 0) return false;
    else digits++;
  }
  return digits > 0 && padding <= 2 && (digits + padding) % 4 === 0;
}

const base64Check: PrimitiveCheck = (value) => {
  if (typeof value !== 'string') return notAString('base64Binary', value);
  if (isBase64(value)) return undefined;
  return fault('value', `${quoted(value)} is not base64. Encode the bytes as base64 with padding.`);
};

const EXPECTED: Readonly<Record<string, string>> = {
  date: 'write YYYY, YYYY-MM or YYYY-MM-DD',
  dateTime: 'write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz; a time needs seconds and a zone',
  instant: 'write YYYY-MM-DDThh:mm:ss.sss+zz:zz with at least seconds and a zone',
  time: 'write hh:mm:ss',
  id: 'use 1 to 64 of A-Z, a-z, 0-9, - and .',
  code: 'no white space at the ends, single spaces between words',
  uri: 'no white space',
  url: 'no white space',
  canonical: 'no white space',
  oid: 'write urn:oid:1.2.3',
  uuid: 'write urn:uuid: and the UUID in lower case',
};

/**
 * In: a primitive type. Out: the check of one value of it; undefined from the check means valid.
 * `xhtml` is not here: narrative has a file of its own.
 */
export function primitiveCheck(type: TypeDefinition): PrimitiveCheck {
  const { name, regex } = type;
  switch (name) {
    case 'boolean':
      return booleanCheck;
    case 'decimal':
      return decimalCheck;
    case 'integer':
      return integerCheck(name, -INTEGER_MAX - 1);
    case 'unsignedInt':
      return integerCheck(name, 0);
    case 'positiveInt':
      return integerCheck(name, 1);
    case 'base64Binary':
      return base64Check;
    case 'date':
    case 'dateTime':
    case 'instant':
      return dateCheck(name, regex!, EXPECTED[name]!);
    case 'string':
    case 'markdown':
      return stringCheck(name);
    default:
      return regex ? formatCheck(name, regex, EXPECTED[name] ?? `it must match ${regex.source}`) : stringCheck(name);
  }
}
