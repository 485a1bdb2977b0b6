// Where the package's structures differ from FHIR R4 4.0.1 as HL7 published it (found by comparing with HL7's own unmodified
// bundles, once, element by element): the published line replaces the package's. Beyond these the two agree.
const published = {
  'AuditEvent.source': [
    'observer 1..1 Reference(PractitionerRole,Practitioner,Organization,Device,Patient,RelatedPerson) S',
  ],
  'Bundle.entry.response': ['outcome 0..1 Resource S'],
  DetectedIssue: ['status 1..1 code #observation-status ?! S'],
  EvidenceVariable: ['characteristic 1..* EvidenceVariable.characteristic S'],
  MeasureReport: [
    'subject 0..1 Reference(Patient,Practitioner,PractitionerRole,Location,Device,RelatedPerson,Group) S',
  ],
  ResearchStudy: ['site 0..* Reference(Location) S'],
};

// R5's characteristic, whole: the published one has other elements.
const publishedWhole = {
  'EvidenceVariable.characteristic': [
    'description 0..1 string',
    'definition[x] 1..1 Reference(Group)|canonical(ActivityDefinition)|CodeableConcept|Expression|DataRequirement|TriggerDefinition S',
    'usageContext 0..* UsageContext',
    'exclude 0..1 boolean',
    'participantEffective[x] 0..1 dateTime|Period|Duration|Timing',
    'timeFromStart 0..1 Duration',
    'groupMeasure 0..1 code #group-measure',
  ],
};

const nameOf = (line) => line.split(' ')[0];

/** Puts the published lines into `types` (changed in place); throws when a line to correct is not there any more. */
export function correctR4(types) {
  for (const [owner, lines] of Object.entries(published)) {
    for (const line of lines) {
      const at = types[owner].elements.findIndex((candidate) => nameOf(candidate) === nameOf(line));
      if (at < 0) throw new Error(`${owner}.${nameOf(line)} has gone: look at corrections.mjs again`);
      types[owner].elements[at] = line;
    }
  }
  for (const [owner, lines] of Object.entries(publishedWhole)) types[owner].elements = lines;
  return types;
}
