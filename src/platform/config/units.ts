// How values are written in the environment: durations and sizes carry their unit, so that nobody mistakes seconds for milliseconds.
const DURATION_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Record<string, number> = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** `10s` → 10000. Undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  return scaled(text, DURATION_MS);
}

/** `16MB` → 16777216 (k is 1024). Undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  return scaled(text, SIZE_BYTES);
}

/** 10000 → `10s`, in the largest unit that fits. */
export function writeDuration(ms: number): string {
  return written(ms, DURATION_MS);
}

/** 16777216 → `16MB`. */
export function writeSize(bytes: number): string {
  return written(bytes, SIZE_BYTES);
}

function scaled(text: string, units: Record<string, number>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([a-zA-Z]+)$/.exec(text);
  const unit = match && units[match[2]!];
  return unit ? Math.round(Number(match[1]) * unit) : undefined;
}

function written(value: number, units: Record<string, number>): string {
  const fitting = Object.entries(units).filter(([, unit]) => value >= unit && value % unit === 0);
  const [name, unit] = fitting.at(-1) ?? Object.entries(units)[0]!;
  return `${value / unit}${name}`;
}
