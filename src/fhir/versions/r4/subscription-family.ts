// Criteria or topic subscription? The three tests for an R4 endpoint; the Backport guide puts topic subscriptions into the same
// resource type: http://hl7.org/fhir/uv/subscriptions-backport/STU1.1/
import type { FhirResource } from '../../resource';

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/';
const BACKPORT_PROFILE = `${BACKPORT}backport-subscription`;

/** Says which sign makes the resource a topic subscription, in words for the client; undefined when there is none. */
export function topicSignOf(resource: FhirResource): string | undefined {
  const profiles = resource.meta?.['profile'];
  if (Array.isArray(profiles) && profiles.some(isBackportProfile)) return `its meta.profile is ${BACKPORT_PROFILE}`;
  const criteria = resource['criteria'];
  if (typeof criteria === 'string' && /^(https?:\/\/|urn:)/i.test(criteria)) return 'its criteria is an absolute URL';
  const extension = backportExtension(resource);
  return extension === undefined ? undefined : `it carries the extension ${extension}`;
}

function isBackportProfile(profile: unknown): boolean {
  return typeof profile === 'string' && profile.split('|')[0] === BACKPORT_PROFILE;
}

/** The first Backport extension found anywhere in the resource. Depth is bounded by the parser. */
function backportExtension(node: unknown): string | undefined {
  if (node === null || typeof node !== 'object') return undefined;
  const url = (node as Record<string, unknown>)['url'];
  if (typeof url === 'string' && url.startsWith(BACKPORT)) return url;
  for (const child of Object.values(node)) {
    const found = backportExtension(child);
    if (found !== undefined) return found;
  }
  return undefined;
}
