// Reads Herald's extensions of a channel into settings, by the table in extensions.ts. What cannot be honoured is refused by name:
// a setting that is silently ignored is a promise broken later.
import { CHANNEL_SETTINGS, DAY_MS, HAPI_SEND_DELETES, HERALD_EXTENSION, HOUR_MS, SECOND_MS } from './extensions';
import type { ChannelSetting, ChannelSettings, SettingValue } from './extensions';
import { parseInstant } from './instant';
import { errorIssue, type Issue } from './outcome/outcome';

/** Bounds that depend on the configuration rather than on the setting. */
export interface SettingLimits {
  /** A request's deadline plus 15 s must fit into a worker's lease. */
  readonly deadlineMsMax: number;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, min: 60 * SECOND_MS, h: HOUR_MS, d: DAY_MS };

type Read = { value: string | number | boolean } | { problem: string };

/**
 * In: the `extension` list of a channel and its FHIRPath. Out: the settings it makes, and an issue for each extension of ours that is
 * unknown, repeated, of the wrong type or out of range. Extensions of others are left alone, HAPI FHIR's send-deletes is understood.
 */
export function readChannelSettings(
  extensions: readonly unknown[],
  channelPath: string,
  limits: SettingLimits,
): { settings: Partial<ChannelSettings>; issues: Issue[] } {
  const settings: Record<string, string | number | boolean> = {};
  const issues: Issue[] = [];
  const seen = new Set<string>();
  extensions.forEach((extension, index) => {
    if (extension === null || typeof extension !== 'object') return;
    const json = extension as Record<string, unknown>;
    const url = typeof json['url'] === 'string' ? json['url'] : '';
    if (!url.startsWith(HERALD_EXTENSION) && url !== HAPI_SEND_DELETES) return;
    const path = `${channelPath}.extension[${index}]`;
    const setting = settingOf(url);
    const repeated = setting !== undefined && seen.has(url);
    seen.add(url);
    const read: Read = repeated ? { problem: 'stands there twice; keep one' } : readSetting(setting, json, limits);
    if ('problem' in read) {
      issues.push(errorIssue('extension', `${url} ${read.problem}.`, path));
      return;
    }
    // Our own name wins over HAPI's, in whichever order they stand.
    if (url === HAPI_SEND_DELETES && 'sendDeletes' in settings) return;
    settings[setting!.setting] = read.value;
  });
  return { settings: settings, issues };
}

function settingOf(url: string): ChannelSetting | undefined {
  const name = url === HAPI_SEND_DELETES ? 'send-deletes' : url.slice(HERALD_EXTENSION.length);
  return CHANNEL_SETTINGS.find((setting) => setting.name === name);
}

function readSetting(setting: ChannelSetting | undefined, json: Record<string, unknown>, limits: SettingLimits): Read {
  if (setting === undefined) {
    const names = CHANNEL_SETTINGS.map((known) => known.name).join(', ');
    return { problem: `is no extension of this server; it knows ${names}` };
  }
  const values = Object.keys(json).filter((key) => key.startsWith('value'));
  if (values.length !== 1 || values[0] !== setting.value.type) {
    return { problem: `takes ${describeValue(setting, limits)}` };
  }
  const read = readValue(boundedBy(setting, limits), json[setting.value.type]);
  return read ?? { problem: `takes ${describeValue(setting, limits)}` };
}

/** Undefined when the value is of the wrong type or out of range. */
function readValue(expected: SettingValue, value: unknown): Read | undefined {
  switch (expected.type) {
    case 'valueBoolean':
      return typeof value === 'boolean' ? { value } : undefined;
    case 'valueInstant': {
      const at = typeof value === 'string' ? parseInstant(value) : undefined;
      return at && { value: at.toISOString() };
    }
    case 'valueDecimal':
      return inRange(value, expected) ? { value } : undefined;
    case 'valuePositiveInt':
      return inRange(value, expected) && Number.isInteger(value) ? { value } : undefined;
    case 'valueDuration': {
      const ms = durationMs(value);
      return inRange(ms, expected) ? { value: ms } : undefined;
    }
    case 'valueCode':
      return typeof value === 'string' && expected.codes.includes(value) ? { value } : undefined;
  }
}

function inRange(value: unknown, range: { min: number; max: number }): value is number {
  return typeof value === 'number' && value >= range.min && value <= range.max;
}

function boundedBy(setting: ChannelSetting, limits: SettingLimits): SettingValue {
  if (setting.setting !== 'deadlineMs' || setting.value.type !== 'valueDuration') return setting.value;
  return { ...setting.value, max: Math.min(setting.value.max, limits.deadlineMsMax) };
}

/** Whole milliseconds of a FHIR Duration; undefined when it is none or has a unit without a fixed length. */
function durationMs(value: unknown): number | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const { value: amount, code, unit } = value as Record<string, unknown>;
  const name = code ?? unit;
  const factor = typeof name === 'string' && Object.hasOwn(UNIT_MS, name) ? UNIT_MS[name] : undefined;
  return typeof amount === 'number' && factor !== undefined ? Math.round(amount * factor) : undefined;
}

/** What a setting takes, in words: for refusals and for the documentation. */
export function describeValue(setting: ChannelSetting, limits?: SettingLimits): string {
  const value = limits ? boundedBy(setting, limits) : setting.value;
  switch (value.type) {
    case 'valueBoolean':
      return 'valueBoolean, true or false';
    case 'valueInstant':
      return 'valueInstant, with its zone, like 2031-01-01T00:00:00Z';
    case 'valueDecimal':
      return `valueDecimal from ${value.min} to ${value.max}`;
    case 'valuePositiveInt':
      return `valuePositiveInt from ${value.min} to ${value.max}`;
    case 'valueDuration': {
      const most = !limits && value.maxNote ? value.maxNote : showMs(value.max);
      return `valueDuration from ${showMs(value.min)} to ${most}, like {"value":2,"code":"s"} (codes ms, s, min, h, d)`;
    }
    case 'valueCode':
      return `valueCode, one of ${value.codes.join(', ')}`;
  }
}

function showMs(ms: number): string {
  const unit = ms === 0 ? 's' : (['d', 'h', 'min', 's', 'ms'] as const).find((name) => ms % UNIT_MS[name]! === 0)!;
  return `${ms / UNIT_MS[unit]!} ${unit}`;
}
