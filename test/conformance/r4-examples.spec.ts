// Official R4 examples and synthetic patients against our rules: valid ones pass, are stored as they came, and the few that
// break a rule of the specification are refused for that rule. The small selection in test/fixtures always runs; the whole
// collection runs where it lies beside the project (../shared/data/fhir-r4).
import fs from 'node:fs';
import path from 'node:path';
import {
  definitionsFor,
  joinBody,
  parseResource,
  readBundle,
  rewriteReferences,
  spliceIdentity,
  validateResource,
  type FhirResource,
} from '../../src/fhir';

const r4 = definitionsFor('R4');
const root = path.resolve(__dirname, '../..');

/** Examples that break a rule of R4 4.0.1, each with the rule as we report it. */
const breaking: Readonly<Record<string, readonly string[]>> = {
  // txt-2: a narrative shall have some content that is not white space.
  // A reference to a type that the element's definition does not list.
  'DeviceMetric-example.json': ['value DeviceMetric.parent.reference'],
  'DeviceUseStatement-example.json': ['value DeviceUseStatement.reasonReference[0].reference'],
  'MedicationRequest-medrx0301.json': ['value MedicationRequest.dispenseRequest.performer.reference'],
  // Questionnaire.item.linkId is 1..1; 32 of the items have none.
  'Questionnaire-qs1.json': ['required Questionnaire.item[…].linkId'],
};

function filesIn(folder: string): string[] {
  const absolute = path.join(root, folder);
  if (!fs.existsSync(absolute)) return [];
  const names = fs.readdirSync(absolute).filter((file) => file.endsWith('.json'));
  return names.map((file) => path.join(absolute, file));
}

function findings(value: FhirResource): string[] {
  const lines = validateResource(r4, value).map((issue) => `${issue.code} ${issue.expression}`);
  return [...new Set(lines.map((line) => line.replace(/(\.item\[\d+\])+/, '.item[…]')))];
}

function checkExample(file: string): void {
  const bytes = fs.readFileSync(file);
  const parsed = parseResource(bytes);
  expect(findings(parsed.value)).toEqual(breaking[path.basename(file)] ?? []);
  const id = parsed.value.id ?? 'new';
  const lastUpdated = new Date('2026-01-02T03:04:05.678Z');
  const stored = joinBody(spliceIdentity(parsed, id), 3, lastUpdated);
  const meta = { ...parsed.value.meta, versionId: '3', lastUpdated: lastUpdated.toISOString() };
  expect(JSON.parse(stored)).toEqual({ ...parsed.value, id, meta });
  // Every number keeps its digits.
  const numbers = (text: string): string[] => text.match(/(?<=[[:,]\s*)-?\d[\d.eE+-]*(?=\s*[,\]}])/g) ?? [];
  expect(numbers(stored)).toEqual(numbers(parsed.text));
}

/** In: a transaction as text. Out: its resources with `urn:uuid:` references resolved, checked on the way. */
function checkTransaction(file: string): void {
  const parsed = parseResource(fs.readFileSync(file));
  expect(findings(parsed.value)).toEqual([]);
  const { type, entries } = readBundle(parsed);
  expect(type).toBe('transaction');
  const map = new Map(entries.map((entry) => [entry.fullUrl!, `${entry.resource!.type}/${entry.index}`]));
  for (const entry of entries) {
    const rewritten = rewriteReferences(entry.resource!, map, r4);
    expect(rewritten.text).not.toContain('"reference": "urn:uuid:');
    expect(JSON.parse(rewritten.text)).toEqual(rewritten.value);
    expect(findings(rewritten.value)).toEqual([]);
  }
}

describe('the selection in test/fixtures', () => {
  it.each(filesIn('test/fixtures/r4').map((file) => [path.basename(file), file]))('%s', (_name, file) =>
    checkExample(file),
  );
  it.each(filesIn('test/fixtures/synthea').map((file) => [path.basename(file), file]))('%s', (_name, file) =>
    checkTransaction(file),
  );
});

describe('the whole official collection', () => {
  const files = filesIn('../shared/data/fhir-r4');
  if (files.length === 0) {
    it.skip('is not here: ../shared/data/fhir-r4 is missing, only the selection was checked', () => undefined);
    return;
  }

  it('validates and is stored as it came, but for the few that break a rule', () => {
    expect(files.length).toBeGreaterThan(500);
    for (const file of files) checkExample(file);
    const names = files.map((file) => path.basename(file));
    expect(Object.keys(breaking).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('loads every synthetic patient', () => {
    for (const file of filesIn('../shared/data/synthea-r4')) checkTransaction(file);
  });
});
