// Modifiers of tokens that ask terminology: `:in`, `:not-in` a value set, `:above`, `:below` a code. The codes they stand for take their place, so that
// whoever answers the clause compares codes only. http://hl7.org/fhir/R4/search.html#modifiers
import { errorIssue, type Issue } from '../outcome/outcome';
import type { TermQuestion, TermsOf } from '../terms/terms';
import { escapeValue, splitUnescaped, unescapeValue } from './escapes';
import type { SearchModifier, TokenValue } from './search-query';
import { parseToken } from './token';

export const termModifiers = ['in', 'not-in', 'above', 'below'] as const;
export type TermModifier = (typeof termModifiers)[number];

export function isTermModifier(modifier: string | undefined): modifier is TermModifier {
  return termModifiers.some((each) => each === modifier);
}

/** What is left of the modifier once the codes stand there. */
export function modifierOfCodes(modifier: TermModifier): SearchModifier | undefined {
  return modifier === 'not-in' ? 'not' : undefined;
}

/** In: one value as written. Out: a token for each code that it stands for, or why there is no exact answer. */
export function parseTerms(raw: string, modifier: TermModifier, termsOf: TermsOf): readonly TokenValue[] | Issue {
  const question = questionOf(raw, modifier);
  if ('severity' in question) return question;
  const answer = termsOf(question);
  if (typeof answer === 'string') {
    const what = question.kind === 'in' ? `The value set "${question.canonical}"` : `":${modifier}" of "${raw}"`;
    return errorIssue('not-supported', `${what} cannot be used: ${answer}.`);
  }
  return answer.map(
    ({ system, code }) => parseToken(`${escapeValue(system ?? '')}|${escapeValue(code)}`) as TokenValue,
  );
}

function questionOf(raw: string, modifier: TermModifier): TermQuestion | Issue {
  if (modifier === 'in' || modifier === 'not-in') return { kind: 'in', canonical: unescapeValue(raw) };
  const [system, ...rest] = splitUnescaped(raw, '|').map(unescapeValue);
  const code = rest.join('|');
  if (system && code) return { kind: modifier, canonical: system, code };
  return errorIssue(
    'value',
    `":${modifier}" takes system|code, not "${raw}": only a code system says what lies above or below.`,
  );
}
