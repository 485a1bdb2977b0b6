// Names say what a thing does, and nothing is left lying about: reminders, paths of one machine, empty words.
import { filesBelow, readProjectFile, writtenFiles } from './project-files';

const sources = filesBelow('src').filter((file) => file.endsWith('.ts'));
const written = writtenFiles();

function offenders(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    readProjectFile(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

it('names files in kebab-case', () => {
  const odd = [...sources, ...filesBelow('test').filter((file) => /^test\/(?!fixtures\/).*\.ts$/.test(file))].filter(
    (file) => !/^([a-z0-9]+(-[a-z0-9]+)*)(\.[a-z0-9]+(-[a-z0-9]+)*)*\.ts$/.test(file.split('/').pop()!),
  );
  expect(odd).toEqual([]);
});

it('names no file or folder after nothing in particular', () => {
  const vague = /([/.-](utils?|helpers?|common|managers?|handlers?|impl)|\/(misc|shared|base))(\.|\/|$)/;
  expect(filesBelow('src').filter((file) => vague.test(file))).toEqual([]);
});

it('has no I-prefixed or Impl-suffixed types', () => {
  expect(offenders(sources, /\b(interface|class|type) (I[A-Z][a-z]\w*|\w+Impl)\b/)).toEqual([]);
});

it('leaves no reminders behind', () => {
  const reminder = new RegExp(
    `\\b(${['TO', 'FIX', 'HA'].join('|')})(?:DO|ME|CK)\\b|\\bX{3}\\b|@ts-(?:ignore|nocheck)\\b`,
  );
  expect(offenders(written, reminder)).toEqual([]);
});

it('knows no path of one machine', () => {
  const somewhere = new RegExp(
    ['/work', '/farm', '/root', '/home/[a-z]', '/Users/[a-z]', '/tmp/[a-z]'].join('/|') + '/',
  );
  expect(offenders(written, somewhere)).toEqual([]);
});

it('opens every source file with a line about its duty', () => {
  const silent = sources
    .filter((file) => !file.endsWith('.spec.ts') && !file.endsWith('.d.ts'))
    .filter((file) => !/^(#!.*\n)?\s*(\/\/|\/\*)/.test(readProjectFile(file)));
  expect(silent).toEqual([]);
});

it('says what is expected in every catch', () => {
  const unexplained = sources
    .filter((file) => !file.endsWith('.spec.ts'))
    .flatMap((file) => {
      const lines = readProjectFile(file).split('\n');
      return lines.flatMap((line, index) => {
        if (!/\}\s*catch\b|\.catch\(/.test(line)) return [];
        const around = lines.slice(Math.max(0, index - 2), index + 4).join('\n');
        // Wrapping it into an error that says more explains itself.
        return /\/\/|\/\*|\* |throw new \w+Error\(/.test(around) ? [] : [`${file}:${index + 1}`];
      });
    });
  expect(unexplained).toEqual([]);
});
