// `_pretty=true`: line breaks and indents are put into the text as it is; numbers and strings keep every character.

/** Indents compact or spaced JSON text by two blanks per level. In: valid JSON. */
export function prettyJson(text: string): string {
  const parts: string[] = [];
  let level = 0;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  for (const [index, token] of tokens.entries()) {
    const isEmptyPair = (token === '}' && tokens[index - 1] === '{') || (token === ']' && tokens[index - 1] === '[');
    if (token === '}' || token === ']') {
      level -= 1;
      parts.push(isEmptyPair ? token : `${lineBreak(level)}${token}`);
    } else if (token === '{' || token === '[') {
      level += 1;
      const next = tokens[index + 1];
      parts.push(next === '}' || next === ']' ? token : `${token}${lineBreak(level)}`);
    } else if (token === ',') parts.push(`,${lineBreak(level)}`);
    else if (token === ':') parts.push(': ');
    else parts.push(token);
  }
  return parts.join('');
}

function lineBreak(level: number): string {
  return `\n${'  '.repeat(level)}`;
}
