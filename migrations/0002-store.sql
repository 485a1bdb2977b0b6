-- owner: store
-- safe online: yes, new tables only
-- Resources: one row per resource with its identity, its newest version and what search finds it by; bodies once, in resource_version.

create table resource (
  tenant text not null,
  type text not null,
  id text collate "C" not null,
  -- The newest version; rises by one with every write, deletes included.
  version int not null,
  deleted boolean not null,
  last_updated timestamptz(3) not null,
  -- Ordering root of the newest version (Patient/x of its patient, else Type/id): a delete's event uses it, and the next version tells
  -- its event when it moved.
  root text not null,
  root_hash bigint not null,
  -- Patient only: what its replaced-by links point to, to see when an update newly gains one.
  replaced_by text[],
  -- search columns begin: what stands in them is described in src/store/search/columns.ts
  tokens text[] not null default '{}',
  identifiers text[] not null default '{}',
  refs text[] not null default '{}',
  present text[] not null default '{}',
  subject_ref text collate "C",
  encounter_ref text collate "C",
  date_low timestamptz(3),
  date_high timestamptz(3)
  -- search columns end
) partition by list (type);

-- Append-only. The body is the client's own text with id and meta spliced in; null in a tombstone.
create table resource_version (
  tenant text not null,
  type text not null,
  id text collate "C" not null,
  version int not null,
  last_updated timestamptz(3) not null,
  -- create, update or delete. No check constraint here or in outbox: each costs every write some ten microseconds.
  interaction text not null,
  body text,
  primary key (tenant, type, id, version)
);

-- One partition per R4 resource type that has an endpoint. Hot statements name the partition: a named statement on the parent never gets
-- a generic plan, and the type need not stand in every index entry.
do $$
declare
  name text;
begin
  foreach name in array string_to_array(regexp_replace('
    Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic Binary
    BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam CatalogEntry ChargeItem
    ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest
    CompartmentDefinition Composition ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest
    CoverageEligibilityResponse DetectedIssue Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement
    DiagnosticReport DocumentManifest DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest
    EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit
    FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization
    ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location
    Measure MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge MedicationRequest
    MedicationStatement MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication MedicinalProductIndication
    MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured MedicinalProductPackaged
    MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition MessageHeader MolecularSequence
    NamingSystem NutritionOrder Observation ObservationDefinition OperationDefinition OperationOutcome Organization
    OrganizationAffiliation Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner PractitionerRole
    Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup ResearchDefinition
    ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule SearchParameter
    ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid
    SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification SupplyDelivery
    SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet VerificationResult VisionPrescription
  ', '\s+', ' ', 'g'), ' ')
  loop
    continue when name = '';
    execute format('create table %I partition of resource (primary key (tenant, id)) for values in (%L)', 'resource_' || lower(name), name);
  end loop;
end $$;

-- The search index. One GIN index over the key columns: a search on any of them reads only its keys, and a write fills one pending list.
create index resource_by_keys on resource using gin (tokens, identifiers, refs);
create index resource_by_subject on resource (tenant, subject_ref, date_low) where subject_ref is not null;
create index resource_by_encounter on resource (tenant, encounter_ref) where encounter_ref is not null;
create index resource_by_date on resource (tenant, date_low, date_high) where date_low is not null;
create index resource_by_date_end on resource (tenant, date_high) where date_high is not null;
create index resource_by_last_updated on resource (tenant, last_updated, id) where not deleted;

-- Side tables: repeating values that need a range or a beginning. A row counts only while its version is its resource's current one; a row
-- that a concurrent update left behind is never found, and the next write removes it.
create table resource_string (
  tenant text not null,
  type text not null,
  id text collate "C" not null,
  version int not null,
  param text not null,
  -- Without case and accents (src/fhir/search/fold.ts).
  folded text collate "C" not null,
  -- As written; null when folding changed nothing.
  exact text collate "C"
);
create index resource_string_value on resource_string (tenant, type, param, left(folded, 100));
create index resource_string_owner on resource_string (tenant, type, id);

create table resource_date (
  tenant text not null,
  type text not null,
  id text collate "C" not null,
  version int not null,
  param text not null,
  low timestamptz(3) not null,
  high timestamptz(3) not null
);
create index resource_date_value on resource_date (tenant, type, param, low, high);
create index resource_date_owner on resource_date (tenant, type, id);
