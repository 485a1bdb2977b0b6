// The documentation page of all settings, written from the list itself.
import type { Setting } from './setting';
import { SETTINGS_BY_GROUP } from './settings';

/** The text of docs/how-to/configuration.md. */
export function settingsPage(): string {
  const groups = SETTINGS_BY_GROUP.map(({ group, settings }) =>
    [`## ${group}`, '', '| Variable | Default | Unit | Meaning |', '|---|---|---|---|', ...settings.map(row), ''].join(
      '\n',
    ),
  );
  return `${INTRODUCTION}\n${groups.join('\n')}`;
}

const INTRODUCTION = `# Configuration

Generated from \`src/platform/config/settings.ts\` by \`node tools/configuration-page.mjs\`; a test checks that it is fresh.

Herald is configured by environment variables alone, read once at the start. A wrong value, an unknown name that begins with
HERALD, or a combination that is not safe stops the start and says which. An empty variable counts as not set.

Durations are written with their unit (\`ms\`, \`s\`, \`m\`, \`h\`, \`d\`), sizes too (\`B\`, \`kB\`, \`MB\`, \`GB\`; k is 1024). "Extension" names what a
Subscription may set for itself: see [subscription-extensions.md](subscription-extensions.md).
`;

function row(setting: Setting<unknown>): string {
  const fallback = setting.fallbackNote ?? (setting.fallback === undefined ? 'not set' : `\`${setting.fallback}\``);
  return `| \`${setting.name}\` | ${fallback} | ${setting.kind.unit} | ${setting.meaning} |`;
}
