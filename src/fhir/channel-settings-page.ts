// The documentation page of the channel's extensions, written from the table: what the server reads and what the page says cannot differ.
import { describeValue } from './channel-settings';
import { CHANNEL_SETTINGS, HAPI_SEND_DELETES, HERALD_EXTENSION } from './extensions';

/** The text of docs/how-to/subscription-extensions.md. */
export function channelSettingsPage(): string {
  const rows = CHANNEL_SETTINGS.map(
    (setting) =>
      `| \`${HERALD_EXTENSION}${setting.name}\` | ${describeValue(setting)} | ${setting.fallback} | ${setting.meaning} |`,
  );
  return `# Settings of one Subscription

<!-- Written from src/fhir/extensions.ts by tools/extensions-page.mjs; a test keeps it true. -->

Put these extensions on \`Subscription.channel\`. A name that is not in the table, a wrong type or a value out of range is refused with
422 and the element's path. What is absent is taken from the server's configuration at the time the Subscription is written.

\`\`\`json
{
  "resourceType": "Subscription",
  "status": "requested",
  "reason": "Keep the ward's copy of its patients in step",
  "criteria": "Patient?active=true",
  "channel": {
    "extension": [
      { "url": "urn:herald:ordering-key", "valueCode": "patient" },
      { "url": "urn:herald:deadline", "valueDuration": { "value": 5, "code": "s" } },
      { "url": "urn:herald:send-deletes", "valueBoolean": true }
    ],
    "type": "rest-hook",
    "endpoint": "https://ward.example.org/fhir",
    "payload": "application/fhir+json"
  }
}
\`\`\`

| Extension | Value | When absent | Meaning |
|---|---|---|---|
${rows.join('\n')}

\`${HAPI_SEND_DELETES}\` (valueBoolean) is understood as
\`${HERALD_EXTENSION}send-deletes\`; when both stand there, ours counts.
`;
}
