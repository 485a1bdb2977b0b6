// FHIR R4 (4.0.1): the generated files beside this one, made usable.
import { buildDefinitions, type VersionData } from '../build-definitions';

// `require`, not `import`: the compiler need not infer types of half a megabyte of data.
/* eslint-disable @typescript-eslint/no-require-imports */
const data: VersionData = {
  types: require('./types.json') as VersionData['types'],
  codes: require('./codes.json') as VersionData['codes'],
  searchParameters: require('./search-parameters.json') as VersionData['searchParameters'],
  compartments: require('./compartments.json') as VersionData['compartments'],
};
/* eslint-enable @typescript-eslint/no-require-imports */

export const r4Definitions = buildDefinitions(data, { fhirVersion: 'R4', versionNumber: '4.0.1' });
