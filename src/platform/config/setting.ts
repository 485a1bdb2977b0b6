// What a setting is, and the units its ranges are written in.
import type { Kind } from './kinds';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const KB = 1024;
export const MB = 1024 * KB;
export const GB = 1024 * MB;

export interface Setting<T> {
  readonly name: string;
  readonly kind: Kind<T>;
  /** Written as in the environment; absent: the setting has no value unless given. */
  readonly fallback?: string;
  /** What the documentation says of the default when it depends on other settings. */
  readonly fallbackNote?: string;
  readonly meaning: string;
}

/** One with a default. */
export function setting<T>(
  name: string,
  kind: Kind<T>,
  fallback: string,
  meaning: string,
  fallbackNote?: string,
): Setting<T> & { fallback: string } {
  return { name, kind, fallback, meaning, fallbackNote };
}

/** One without. */
export function optional<T>(
  name: string,
  kind: Kind<T>,
  meaning: string,
  fallbackNote?: string,
): Setting<T> & { fallback?: undefined } {
  return { name, kind, meaning, fallbackNote };
}

type ValueOf<S> = S extends Setting<infer T> & { fallback: string }
  ? T
  : S extends Setting<infer T>
    ? T | undefined
    : never;

/** What a group of settings is read into. */
export type ValuesOf<G> = { [N in keyof G]: ValueOf<G[N]> };
