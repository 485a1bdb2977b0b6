import { errorIssue, FhirError, operationOutcome, statusForIssues } from './outcome';

it('carries status, issues and headers', () => {
  const error = new FhirError(405, errorIssue('not-supported', 'No PATCH here.'), { Allow: 'GET' });
  expect(error).toMatchObject({ status: 405, headers: { Allow: 'GET' }, message: 'No PATCH here.' });
  expect(error.issues).toEqual([{ severity: 'error', code: 'not-supported', text: 'No PATCH here.' }]);
});

it('shows each issue with its text and the FHIRPath of its element', () => {
  expect(operationOutcome([errorIssue('required', 'Add it.', 'Patient.name[0]')])).toEqual({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'required', details: { text: 'Add it.' }, expression: ['Patient.name[0]'] }],
  });
});

it('never shows an outcome without an issue, which FHIR forbids', () => {
  expect(operationOutcome([])).toMatchObject({ issue: [{ severity: 'information', code: 'informational' }] });
});

it.each([
  [['code-invalid'], 422],
  [['invariant', 'business-rule'], 422],
  [['code-invalid', 'structure'], 400],
  [['required'], 400],
  [['value'], 400],
  [['too-long'], 400],
] as const)('answers %j with %i', (codes, status) => {
  expect(statusForIssues(codes.map((code) => errorIssue(code, 'x')))).toBe(status);
});
