// What is written about Herald is true: variables documented, links lead somewhere, requirement rows name their tests.
import path from 'node:path';
import { exists, filesBelow, readProjectFile } from './project-files';

const pages = filesBelow().filter((file) => file.endsWith('.md') && !file.startsWith('test/fixtures/'));

it('documents every configuration variable, and no other', () => {
  const page = readProjectFile('docs/how-to/configuration.md');
  const names = (text: string): string[] => [...new Set(text.match(/\bHERALD_[A-Z][A-Z_]*[A-Z]\b/g) ?? [])].sort();
  const known = filesBelow('src/platform/config')
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .flatMap((file) => names(readProjectFile(file)));
  expect(known.length).toBeGreaterThan(5);
  expect(names(page)).toEqual([...new Set(known)].sort());
});

it('links only to pages that exist', () => {
  const broken = pages.flatMap((page) =>
    [
      ...readProjectFile(page)
        .replace(/```[\s\S]*?```/g, '')
        .matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g),
    ]
      .map((match) => path.posix.normalize(path.posix.join(path.posix.dirname(page), match[1]!)))
      .filter((target) => !exists(target))
      .map((target) => `${page} → ${target}`),
  );
  expect(broken).toEqual([]);
});

describe('docs/requirements.md', () => {
  const rows = readProjectFile('docs/requirements.md')
    .split('\n')
    .map((line) => /^\| (S\d\.\d+) \| ([^|]*) \| (\w+) \|(.*)\|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id, , state, proof]) => ({ id: id!, state: state!, proof: proof! }));

  it('has every row once', () => {
    const counts = { S1: 50, S2: 22, S3: 38, S4: 39, S5: 18 };
    const expected = Object.entries(counts).flatMap(([part, n]) =>
      Array.from({ length: n }, (_, i) => `${part}.${i + 1}`),
    );
    expect(rows.map((row) => row.id)).toEqual(expected);
  });

  it('names a test that exists for whatever is called done or part', () => {
    const unproven = rows
      .filter((row) => row.state !== 'later')
      .filter((row) => {
        const tests = [...row.proof.matchAll(/`([^`]+\.(?:spec\.ts|mjs|ts|sh)|\.ci\/run)`/g)].map((match) => match[1]!);
        return tests.length === 0 || !tests.every(exists);
      })
      .map((row) => row.id);
    expect(unproven).toEqual([]);
  });

  it('knows three states', () => {
    expect(rows.filter((row) => !['done', 'part', 'later'].includes(row.state))).toEqual([]);
  });
});

describe('docs/invariants.md', () => {
  const laws = readProjectFile('docs/invariants.md')
    .split('\n')
    .map((line) => /^\| I(\d+) \| [^|]* \| (.*) \|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, number, proof]) => ({ number: Number(number), proof: proof! }));

  it('has every law once, each with a proof', () => {
    expect(laws.map(({ number }) => number)).toEqual(Array.from({ length: 32 }, (_, index) => index + 1));
    expect(laws.filter(({ proof }) => !/\.spec\.ts`|cluster profile|npm run bench/.test(proof))).toEqual([]);
  });

  it('names files with a test that carries the number in its name', () => {
    const unproven = laws.flatMap(({ number, proof }) => {
      // A line of the bench proves a time; the test beside it proves the cause, under other numbers.
      if (proof.includes('npm run bench')) return [];
      const files = [...proof.matchAll(/`([^`]+\.spec\.ts)`/g)].map((match) => match[1]!);
      const name = new RegExp(`['"\x60](?:[A-Z0-9.]+, )*I${number}\\b`);
      return files
        .filter((file) => !exists(file) || !name.test(readProjectFile(file)))
        .map((file) => `I${number}: ${file}`);
    });
    expect(unproven).toEqual([]);
  });
});
