// A newcomer is never lost: every folder under src/ is a named room with a door and a page about itself.
import { exists, filesBelow, readProjectFile, roomNames, rootNames, sourceFolders } from './project-files';

const rooms = roomNames();
const present = rooms.filter((room) => sourceFolders().includes(room));

it('reads the list of rooms', () => {
  expect(rooms).toContain('deliveries');
  expect(rootNames()).toContain('app');
});

it('knows every folder under src/', () => {
  const unknown = sourceFolders().filter((folder) => !rooms.includes(folder) && !rootNames().includes(folder));
  expect(unknown).toEqual([]);
});

it.each(present)('%s has a door and one page about itself', (room) => {
  expect(exists(`src/${room}/index.ts`)).toBe(true);
  expect(exists(`src/${room}/README.md`)).toBe(true);
  const page = readProjectFile(`src/${room}/README.md`).toLowerCase();
  for (const heading of ['purpose', 'data in', 'data out', 'tables', 'extend']) expect(page).toContain(heading);
});

it.each(present)('%s keeps its page to one screen or two', (room) => {
  expect(readProjectFile(`src/${room}/README.md`).split('\n').length).toBeLessThanOrEqual(90);
});

it('has no door inside a room: one barrel per room', () => {
  const inner = filesBelow('src').filter((file) => /^src\/[^/]+\/.+\/index\.ts$/.test(file));
  expect(inner).toEqual([]);
});

it('keeps rooms flat: src/<room>/<part>/<file>, one level more for variants of a part', () => {
  const deep = filesBelow('src').filter((file) => file.endsWith('.ts') && file.split('/').length > 6);
  expect(deep).toEqual([]);
});
