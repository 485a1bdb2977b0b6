import { nextLink, Query } from './query';

const refused = (parameter: string): Error =>
  expect.objectContaining({ status: 400, issues: [expect.objectContaining({ expression: parameter })] }) as Error;

describe('query', () => {
  const query = Query.of({ limit: '7', state: 'dead', from: '12', empty: '' }, ['limit', 'state', 'from', 'empty']);

  it('reads what is given', () => {
    expect(query.limit()).toBe(7);
    expect(query.oneOf('state', ['dead', 'pending'])).toBe('dead');
    expect(query.number('from', 1)).toBe(12);
    expect(query.text('empty')).toBeUndefined();
  });

  it('names the parameter that is wrong', () => {
    expect(() => Query.of({ sort: 'x' }, ['limit'])).toThrow(refused('sort'));
    expect(() => Query.of({ limit: ['1', '2'] }, ['limit'])).toThrow(refused('limit'));
    expect(() => Query.of({ state: 'x'.repeat(300) }, ['state'])).toThrow(refused('state'));
    expect(() => query.oneOf('state', ['pending'])).toThrow(refused('state'));
    expect(() => Query.of({ limit: '0' }, ['limit']).limit()).toThrow(refused('limit'));
    expect(() => Query.of({ limit: '1e3' }, ['limit']).limit()).toThrow(refused('limit'));
  });

  it('A11: a page is bounded', () => {
    expect(Query.of({}, []).limit()).toBe(50);
    expect(Query.of({ limit: '99999' }, ['limit']).limit()).toBe(500);
  });

  it('keeps the filters in the next link', () => {
    expect(nextLink('/admin/deliveries', { state: 'dead', after: '1' }, '7/12')).toBe(
      '/admin/deliveries?state=dead&after=7%2F12',
    );
  });
});
