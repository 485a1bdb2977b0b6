// Search parameters of one's own mean what those of the standard mean: every row of the truth tables, asked by a SearchParameter that says the same under a code of its own.
import { CustomDefinitions, definitionsFor, type CustomParameter } from '../../src/fhir';
import { mirrorOf } from '../support/search-parameter';
import { describeSearchType } from './search-type';
import { dateTable } from './search-types/date.table';
import { numberTable } from './search-types/number.table';
import { quantityTable } from './search-types/quantity.table';
import { referenceTable } from './search-types/reference.table';
import { stringTable } from './search-types/string.table';
import { tokenTable } from './search-types/token.table';
import type { TruthCase, TruthTable } from './search-types/truth-table';
import { uriTable } from './search-types/uri.table';

const standard = definitionsFor('R4');
const named = /(^|&)([a-z][\w-]*)(?=[:=])/g;

/** The rows whose parameters can all be said so; and these parameters. */
function mirrored(table: TruthTable): { table: TruthTable; parameters: CustomParameter[] } {
  const parameters = new Map<string, CustomParameter>();
  const groups = table.groups.map((group) => {
    const type = String(group.resource.resourceType);
    const cases = group.cases.flatMap(([query, isFound]): TruthCase[] => {
      const codes = [...query.matchAll(named)].map(([, , code]) => code!);
      const own = codes.map((code) => mirrorOf(type, code));
      if (codes.length === 0 || own.some((each) => each === undefined)) return [];
      for (const each of own) parameters.set(`${type}.${each!.meaning.code}`, each!);
      return [[query.replace(named, '$1own-$2'), isFound]];
    });
    return { ...group, cases };
  });
  return {
    table: { groups: groups.filter(({ cases }) => cases.length > 0), refusals: [] },
    parameters: [...parameters.values()],
  };
}

const tables = {
  date: dateTable,
  number: numberTable,
  quantity: quantityTable,
  reference: referenceTable,
  string: stringTable,
  token: tokenTable,
  uri: uriTable,
};

for (const [name, all] of Object.entries(tables)) {
  const { table, parameters } = mirrored(all);
  const custom = new CustomDefinitions(standard);
  custom.take({ revision: 1, parameters, fences: new Map() });
  describeSearchType(`${name}, of one's own`, table, custom.searched);
  it(`asks most rows of ${name}`, () => {
    const count = ({ groups }: TruthTable): number => groups.reduce((sum, { cases }) => sum + cases.length, 0);
    expect(count(table)).toBeGreaterThan(count(all) * 0.6);
  });
}
