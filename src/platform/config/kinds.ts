// The kinds of settings: each reads one text into one value, or says what is wrong with it.
import fs from 'node:fs';
import { parseDuration, parseSize, writeDuration, writeSize } from './units';

/** What a reader answers when the text is wrong: the rest of "NAME must be …". */
export class Wrong {
  constructor(readonly mustBe: string) {}
}

export interface Kind<T> {
  /** Shown in the documentation as the setting's unit. */
  readonly unit: string;
  read(text: string): T | Wrong;
}

export const text: Kind<string> = { unit: 'text', read: (given) => given };

/** A text of one form; `mustBe` says which. */
export function named(pattern: RegExp, mustBe: string): Kind<string> {
  return { unit: mustBe, read: (given) => (pattern.test(given) ? given : new Wrong(mustBe)) };
}

/** The path of a PEM file; the value is the file's text. A complaint names the path, never what is in it. */
export const pemFile: Kind<string> = {
  unit: 'path of a PEM file',
  read: (given) => {
    try {
      const content = fs.readFileSync(given, 'utf8');
      return content.includes('-----BEGIN ') ? content : new Wrong(`the path of a PEM file; ${given} is none`);
    } catch (error) {
      // Expected: no such file, or none that we may read.
      return new Wrong(`the path of a PEM file; ${given} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  },
};

export const flag: Kind<boolean> = {
  unit: 'true or false',
  read: (given) => (given === 'true' || given === 'false' ? given === 'true' : new Wrong('true or false')),
};

/** Texts separated by commas; spaces around them do not count. */
export function list(unit: string, isItem: (item: string) => boolean = () => true): Kind<readonly string[]> {
  return {
    unit,
    read: (given) => {
      const items = given
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
      const wrong = items.find((item) => !isItem(item));
      return wrong === undefined ? items : new Wrong(`${unit}; ${JSON.stringify(wrong)} is not`);
    },
  };
}

export function choice<T extends string>(...values: readonly T[]): Kind<T> {
  const unit = values.join(', ');
  return { unit, read: (given) => values.find((value) => value === given) ?? new Wrong(`one of ${unit}`) };
}

export function integer(min: number, max: number): Kind<number> {
  return number(min, max, true);
}

export function number(min: number, max: number, isWhole = false): Kind<number> {
  const unit = `${isWhole ? 'number' : 'decimal'}, ${min}–${max}`;
  return {
    unit,
    read: (given) => {
      const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : NaN;
      if (Number.isNaN(value) || (isWhole && !Number.isInteger(value)) || value < min || value > max) {
        return new Wrong(`a ${isWhole ? 'whole number' : 'number'} from ${min} to ${max}`);
      }
      return value;
    },
  };
}

export function duration(minMs: number, maxMs: number): Kind<number> {
  const range = `${writeDuration(minMs)}–${writeDuration(maxMs)}`;
  return {
    unit: `duration, ${range}`,
    read: (given) =>
      within(parseDuration(given), minMs, maxMs) ?? new Wrong(`a duration with its unit (ms, s, m, h, d), ${range}`),
  };
}

export function size(minBytes: number, maxBytes: number): Kind<number> {
  const range = `${writeSize(minBytes)}–${writeSize(maxBytes)}`;
  return {
    unit: `size, ${range}`,
    read: (given) =>
      within(parseSize(given), minBytes, maxBytes) ??
      new Wrong(`a size with its unit (B, kB, MB, GB; k is 1024), ${range}`),
  };
}

/** A URL with one of these schemes. */
export function url(...schemes: readonly string[]): Kind<string> {
  return {
    unit: `URL (${schemes.join(', ')})`,
    read: (given) => {
      const isUrl = URL.canParse(given) && schemes.includes(new URL(given).protocol.slice(0, -1));
      return isUrl ? given : new Wrong(`a URL starting with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`);
    },
  };
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}
