// docs/COMPONENTS.md tells of every room, every role and everything Herald depends on, and of nothing else.
import fs from 'node:fs';
import path from 'node:path';
import { filesBelow, readProjectFile } from './project-files';

const page = readProjectFile('docs/COMPONENTS.md');
const part = (title: string): string => page.split(/^## /m).find((each) => each.startsWith(title)) ?? '';
/** What stands as code in the first cells of the part's tables. */
const firstCells = (title: string): string[] =>
  part(title)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));

it('S1.48: the map has every room', () => {
  const folders = new Set(filesBelow('src').map((file) => file.split('/')[1]!));
  const rooms = [...folders].filter((name) => fs.statSync(path.join(__dirname, '../../src', name)).isDirectory());
  expect(firstCells('Component map').sort()).toEqual(rooms.sort());
});

it('S1.48: every role that a process may have is described', () => {
  const roles = /export type Role = ([^;]+);/.exec(readProjectFile('src/platform/config/config.ts'))![1]!;
  expect(firstCells('Processes').sort()).toEqual([...roles.matchAll(/'(\w+)'/g)].map((match) => match[1]!).sort());
});

it('S1.48: every library of the product is named, with what it is for', () => {
  const { dependencies, optionalDependencies } = JSON.parse(readProjectFile('package.json')) as Record<string, object>;
  expect(firstCells('External dependencies').sort()).toEqual(Object.keys(dependencies!).sort());
  for (const name of Object.keys(optionalDependencies!)) expect(page).toContain(`\`${name}\``);
});

it('S1.48: maturity, upgrades and the servers below are told', () => {
  for (const title of ['Maturity', 'Upgrades']) expect(part(title).length).toBeGreaterThan(100);
  for (const server of ['PostgreSQL', 'Apache Kafka', 'Redis', 'Node.js'])
    expect(part('External dependencies')).toContain(`| ${server} |`);
});
