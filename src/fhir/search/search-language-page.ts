// The documentation page of the search language, written by asking the parser: what it takes and what the page says cannot differ.
import type { FhirDefinitions, SearchParameterType } from '../definitions';
import { FhirError } from '../outcome/outcome';
import { indexedParameters } from './indexed-parameters';
import { searchLimits } from './limits';
import { parseCriteria } from './parse-criteria';
import { parseSearch } from './parse-search';
import { searchPrefixes } from './prefixes';

interface Asked {
  readonly type: SearchParameterType;
  /** Parameters that stand for all of the type, each with a value it takes. */
  readonly samples: readonly (readonly [resource: string, parameter: string, value: string])[];
  readonly form: string;
}

const asked: readonly Asked[] = [
  { type: 'number', samples: [['RiskAssessment', 'probability', '5']], form: '`5.4`, `100`, `1e2`' },
  { type: 'date', samples: [['Patient', 'birthdate', '2020']], form: '`2020`, `2020-05`, `2020-05-01T10:00:00Z`' },
  { type: 'string', samples: [['Patient', 'name', 'a']], form: 'a beginning, without case and accents' },
  {
    type: 'token',
    samples: [
      ['Patient', 'identifier', 'a'],
      ['Observation', 'code', 'a'],
    ],
    form: '`code`, `system\\|code`, `\\|code`, `system\\|`',
  },
  {
    type: 'reference',
    samples: [
      ['Observation', 'patient', '1'],
      ['CarePlan', 'instantiates-canonical', 'http://example.org/plan'],
    ],
    form: '`id`, `Type/id`, an absolute URL, `canonical\\|version`',
  },
  {
    type: 'composite',
    samples: [['Observation', 'code-value-quantity', 'a$5']],
    form: '`value$value`, of the same element',
  },
  {
    type: 'quantity',
    samples: [['Observation', 'value-quantity', '5']],
    form: '`5.4`, `5.4\\|http://unitsofmeasure.org\\|mg`, `5.4\\|\\|mg`',
  },
  { type: 'uri', samples: [['ValueSet', 'url', 'http://example.org/vs']], form: 'the whole URI, as it is written' },
  { type: 'special', samples: [['Location', 'near', '1|2']], form: '–' },
];

const modifiers = [
  'missing',
  'exact',
  'contains',
  'text',
  'not',
  'above',
  'below',
  'in',
  'not-in',
  'of-type',
  'identifier',
  'Patient',
];

/** Values that a modifier asks for in a form of its own. */
const valuesOf: Readonly<Record<string, readonly string[]>> = {
  missing: ['true'],
  'of-type': ['http://system|code|value'],
  above: ['http://example.org/plan|1.2'],
  below: ['http://example.org/plan|1.2'],
  in: ['http://example.org/vs'],
  'not-in': ['http://example.org/vs'],
  identifier: ['http://system|value'],
  Patient: ['1'],
};

const baseUrl = 'http://herald.example/fhir';
/** Any time: whether a value is understood does not depend on it. */
const now = new Date(0);

/** Any code: whether a modifier is understood does not depend on which codes are stored. */
const termsOf = (): readonly { code: string }[] => [{ code: 'a' }];
const context = { baseUrl, now, termsOf };

function isTaken(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    // Expected: what is not supported is refused.
    if (error instanceof FhirError) return false;
    throw error;
  }
}

class Page {
  constructor(private readonly definitions: FhirDefinitions) {}

  typeRow({ type, samples, form }: Asked): string {
    const { all, evaluated } = this.counts(type);
    const prefixes = searchPrefixes.map((prefix) => this.cell(samples, '', (value) => [prefix + value]));
    const takesPrefixes = ['number', 'date', 'quantity'].includes(type);
    const shown = takesPrefixes ? this.listed(searchPrefixes, prefixes) : '–';
    return `| ${type} | ${evaluated} of ${all} | ${form} | ${shown} |`;
  }

  modifierRow({ type, samples }: Asked): string {
    const cells = modifiers.map((modifier) => {
      return this.cell(samples, `:${modifier}`, (value) => valuesOf[modifier] ?? [value]);
    });
    return `| ${type} | ${cells.join(' | ')} |`;
  }

  refusals(): string[] {
    return this.definitions.resourceTypes.flatMap((type) =>
      [...this.definitions.searchParameters(type).keys()]
        .filter((code) => !indexedParameters(this.definitions, type).has(code))
        .map((code) => `| ${type} | \`${code}\` | ${this.reason(type, code)} |`),
    );
  }

  private counts(type: SearchParameterType) {
    let [all, evaluated] = [0, 0];
    for (const resource of this.definitions.resourceTypes) {
      const indexed = indexedParameters(this.definitions, resource);
      for (const definition of this.definitions.searchParameters(resource).values()) {
        if (definition.type !== type) continue;
        all += 1;
        if (indexed.has(definition.code)) evaluated += 1;
      }
    }
    return { all, evaluated };
  }

  /** `yes`, `search` where criteria refuse it, `–` where both do. */
  private cell(samples: Asked['samples'], suffix: string, values: (value: string) => readonly string[]): string {
    const taken = samples.flatMap(([resource, parameter, value]) =>
      values(value).map((each) => {
        const filter = [parameter + suffix, each] as const;
        const criteria = `${resource}?${filter[0]}=${encodeURIComponent(each)}`;
        return {
          inSearch: isTaken(() => parseSearch(this.definitions, resource, [filter], context)),
          inCriteria: isTaken(() => parseCriteria(this.definitions, criteria, { baseUrl, termsOf })),
        };
      }),
    );
    if (taken.some(({ inCriteria }) => inCriteria)) return 'yes';
    return taken.some(({ inSearch }) => inSearch) ? 'search' : '–';
  }

  private listed(names: readonly string[], cells: readonly string[]): string {
    return names
      .map((name, index) => ({ name, cell: cells[index] }))
      .filter(({ cell }) => cell !== '–')
      .map(({ name, cell }) => (cell === 'yes' ? name : `${name} (search only)`))
      .join(' ');
  }

  private reason(type: string, code: string): string {
    try {
      parseSearch(this.definitions, type, [[code, '1']], context);
      return '';
    } catch (error) {
      // Expected: it is on the list because it is refused.
      if (error instanceof FhirError) return error.issues[0]!.text.replace(/^.*cannot be used\. /, '');
      throw error;
    }
  }
}

/** The text of docs/how-to/search-language.md. */
export function searchLanguagePage(definitions: FhirDefinitions): string {
  const page = new Page(definitions);
  const names = modifiers.map((name) => (name === 'Patient' ? '`:Type`' : `\`:${name}\``));
  return `# The search language

<!-- Written by tools/search-language-page.mjs from what the parser takes; a test keeps it true. -->

Searches and the criteria of Subscriptions mean the same; what cannot be answered exactly is refused with the parameter, the reason and the
nearest valid name. \`search\` in a cell: searches take it, criteria do not; \`–\`: refused. Whether a parameter takes a modifier also depends on the
elements it finds (\`:of-type\` asks for Identifiers, \`:text\` for codes that people read), and the refusal says so.

## Types and prefixes

Counted over all resource types, the parameters that every resource has included.

| Type | Evaluated | Values | Prefixes |
|---|---|---|---|
${asked.map((each) => page.typeRow(each)).join('\n')}

## Modifiers

| Type | ${names.join(' | ')} |
|---|${names.map(() => '---').join('|')}|
${asked.map((each) => page.modifierRow(each)).join('\n')}

* Numbers: \`eq\` and \`ne\` go by the digits that were written (\`5.40\` means 5.395 … 5.405, \`100\` means 99.5 … 100.5), the other prefixes by the very number.
* Quantities with a UCUM code are compared in base units (5400 umol/L is 5.4 mmol/L); \`\\|\\|code\` asks for the code or unit as it is written.
* \`:above\` and \`:below\` follow the path of a URL, and of references the version of a canonical (\`\\|1.2\` is above \`\\|1.2.3\`).
* \`:in\`, \`:not-in\`, \`:above\` and \`:below\` of tokens ask the ValueSets and CodeSystems stored here; one that gives no exact answer is refused.
* SearchParameters of your own add to all this: [own-search-parameters.md](own-search-parameters.md).
* \`:identifier\` of a reference finds those that name the identifier, and those that lead to a resource which has it: the same as
  \`subject.identifier\`, and more than the standard's modifier ([ADR 23](../adr/0023-identifier-of-references.md)). In criteria as of the event's commit.
* A parameter takes at most ${searchLimits.valuesMax.toLocaleString('en')} values joined by commas, criteria at most ${searchLimits.criteriaCharactersMax.toLocaleString('en')} characters.
* Escapes in values: \`\\,\` \`\\$\` \`\\|\` \`\\\\\`. A comma joins by OR, a repeated parameter by AND.

## Parameters that are refused

| Resource | Parameter | Why |
|---|---|---|
${page.refusals().join('\n')}
`;
}
