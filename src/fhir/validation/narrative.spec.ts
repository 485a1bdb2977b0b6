import { narrativeFault } from './narrative';

const div = (inner: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${inner}</div>`;

it.each([
  div('text'),
  div(''),
  div('<u>x</u> <font color="red">y</font>'),
  div('<p class="a" style=\'b\'>x<br/><img src="#i" alt="" /></p><!-- a - b -->'),
  div('&nbsp;&amp;&#160;&#xA0;'),
  div('<a href="https://example.org/?a=1&amp;b=2">x</a><a href="#x"/>'),
  div('<img src="data:image/png;base64,AAAA"/>'),
  `\n ${div('<table>\n<tr><td colspan="2">x</td></tr></table>')}\n`,
])('takes %s', (text) => {
  expect(narrativeFault(text)).toBeUndefined();
});

it.each([
  ['structure', 'text'],
  ['structure', '<p>x</p>'],
  ['structure', '<divx>a</divx>'],
  ['structure', '<div>x'],
  ['structure', '<div>x</p></div>'],
  ['structure', div('<p>x')],
  ['structure', `${div('x')}${div('y')}`],
  ['structure', `${div('x')} more`],
  ['structure', div('a & b')],
  ['structure', div('a < b')],
  ['structure', div('<p class=x>y</p>')],
  ['structure', div('<![CDATA[x]]>')],
  ['structure', '<!DOCTYPE x><div>y</div>'],
  ['structure', div('<!-- x --- -->')],
  ['invariant', div('<script>alert(1)</script>')],
  ['invariant', div('<SCRIPT>alert(1)</SCRIPT>')],
  ['invariant', div('<svg><p>x</p></svg>')],
  ['invariant', div('<iframe src="x"/>x')],
  ['invariant', div('<form>x</form>')],
  ['invariant', div('<p onclick="x()">y</p>')],
  ['invariant', div('<p ONload = "x()">y</p>')],
  ['invariant', div('<a href="javascript:x()">y</a>')],
  ['invariant', div('<a href=" java&#115;cript&#58;x()">y</a>')],
  ['invariant', div('<a href="java&#x0A;script&colon;x()">y</a>')],
  ['invariant', div('<img src="data:text/html;base64,AAAA"/>')],
])('refuses with %s: %s', (code, text) => {
  expect(narrativeFault(text)?.code).toBe(code);
});

it.each([
  `<div>${'<p '.repeat(300_000)}`,
  `<div>${'<!--'.repeat(300_000)}`,
  `<div>${'<!--a-'.repeat(300_000)}`,
  `<div ${'a="b" '.repeat(200_000)}`,
  `<div${' '.repeat(500_000)}x`,
  `<div>${'&'.repeat(500_000)}</div>`,
  `<div>${'<p>'.repeat(500_000)}`,
])("is linear in hostile text: it ends within the runner's deadline (case %#)", (text) => {
  expect(narrativeFault(text)).toBeDefined();
});
