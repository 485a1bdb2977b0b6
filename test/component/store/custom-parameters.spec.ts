// Search parameters of one's own in the store, from their first SearchParameter to their end.
import { customUses, parseSearch } from '../../../src/fhir';
import { searchParameter } from '../../support/search-parameter';
import { code, define, fixture, flag, found, here, lagging, reindex, users, useCustomWorld } from './custom-world';
import { blocked, context, resource } from './store-fixture';

useCustomWorld();

it('is searchable after a rebuilding that began after it, and finds what was there, old and new', async () => {
  await here.store.update(context, 'old', flag('a'));
  await define();
  await here.store.update(context, 'new', flag('a'));
  await expect(found('code=a')).rejects.toThrow(/\$reindex for Flag/);
  await reindex();
  expect(await found('code=a')).toEqual(['new', 'old']);
  expect(await found('code=b')).toEqual([]);
  expect(await found('code:missing=false&_sort=code')).toEqual(['new', 'old']);
});

it('another meaning must wait again; a search that knew the old one is not answered', async () => {
  await here.store.update(context, 'x', flag('a'));
  await define();
  await reindex();
  await lagging.custom.refresh(fixture.database);
  const read = parseSearch(lagging.asked, 'Flag', [['code', 'a']], { baseUrl: context.baseUrl });
  expect((await lagging.store.search(context, read)).resources).toHaveLength(1);
  await define(searchParameter('Flag.code', 'token', 'Flag.category'));
  await expect(lagging.store.search(context, read)).rejects.toThrow(/was changed at this moment\. Search again/);
  await expect(found('code=a')).rejects.toThrow(/\$reindex for Flag/);
  await reindex();
  expect(await found('code=a')).toEqual([]);
  await expect(lagging.store.search(context, read)).rejects.toThrow(/was changed at this moment/);
});

it('once used its meaning is fixed, it ends only when nobody uses it, and is remembered', async () => {
  await define();
  await reindex();
  await here.custom.refresh(fixture.database);
  const query = parseSearch(here.asked, 'Flag', [['code', 'a']], { baseUrl: context.baseUrl });
  const uses = customUses(here.asked, query);
  await fixture.database.transaction((tx) => here.custom.use(tx, 'default', uses));
  const other = searchParameter('Flag.code', 'token', 'Flag.category');
  await expect(define(other)).rejects.toThrow(/its meaning \(token, Flag\.code\) is fixed/);
  users.push('s1', 's2', 's3', 's4', 's5', 's6');
  const end = () => here.store.delete(context, 'SearchParameter', code.id);
  await expect(end()).rejects.toThrow(/used by Subscription\/s1, .*Subscription\/s5 and others\./);
  users.length = 0;
  await end();
  await expect(found('code=a')).rejects.toThrow(/is not active any more/);
  expect(here.custom.definitions.stored.searchParameters('Flag').get('code')).toMatchObject({
    expression: 'Flag.code',
  });
  await expect(define(other)).rejects.toThrow(/is fixed/);
  await expect(fixture.database.transaction((tx) => here.custom.use(tx, 'default', uses))).rejects.toThrow(
    /was changed/,
  );
  await define();
  await reindex();
  expect(await found('code=a')).toEqual([]);
});

it('whoever ends it waits for a Subscription that is being written with it, and then sees it', async () => {
  await define();
  await reindex();
  await here.custom.refresh(fixture.database);
  const uses = customUses(here.asked, parseSearch(here.asked, 'Flag', [['code', 'a']], { baseUrl: context.baseUrl }));
  let commit!: () => void;
  const decided = new Promise<void>((resolve) => (commit = resolve));
  let hold!: () => void;
  const held = new Promise<void>((resolve) => (hold = resolve));
  const writing = fixture.database.transaction(async (tx) => {
    await here.custom.use(tx, 'default', uses);
    hold();
    await decided;
  });
  await held;
  const ending = here.store.delete(context, 'SearchParameter', code.id);
  const refused = expect(ending).rejects.toThrow(/used by Subscription\/s1/);
  await blocked(fixture.database);
  users.push('s1');
  commit();
  await Promise.all([writing, refused]);
});

it("who refers by a reference of one's own is included once it is searchable", async () => {
  await here.store.update(context, 'm', resource({ resourceType: 'Medication' }));
  await define(searchParameter('Flag.about', 'reference', 'Flag.extension.value.ofType(Reference)'));
  await here.custom.refresh(fixture.database);
  const read = () =>
    parseSearch(here.asked, 'Flag', [['_include', 'Flag:about']], { baseUrl: context.baseUrl }).includes;
  expect(read).toThrow(/\$reindex for Flag/);
  await reindex();
  await here.custom.refresh(fixture.database);
  expect(read()).toMatchObject([{ source: 'Flag', parameter: 'about' }]);
});

it("is of its tenant only; its name is everybody's", async () => {
  await define();
  await reindex();
  await here.custom.refresh(fixture.database);
  const read = parseSearch(here.asked, 'Flag', [['code', 'a']], { baseUrl: context.baseUrl });
  await expect(here.store.search({ tenant: 'other' }, read)).rejects.toThrow(/was changed at this moment/);
  const theirs = { ...context, tenant: 'other' };
  await expect(here.store.update(theirs, 'mine', resource({ ...code, id: 'mine' }))).rejects.toThrow(
    /another one is the search parameter "code" of Flag already/i,
  );
});

it('two of one transaction meet each other', async () => {
  const twin = { ...code, id: 'twin' };
  const both = [code, twin].map((each) => ({ kind: 'update', id: each.id, resource: resource(each) }) as const);
  await expect(here.store.transaction(context, both)).rejects.toThrow(/SearchParameter\/flag-code .* already/);
});
