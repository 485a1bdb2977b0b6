// What a search asks of terminology: the codes of a value set (`:in`, `:not-in`), or those above or below a code (`:above`, `:below`). The answer is a plain list
// of codes that takes the place of the question, so search and matching need know nothing of terminology.

export interface TermCode {
  /** Absent: a code without a system. */
  readonly system?: string;
  readonly code: string;
}

export interface TermQuestion {
  readonly kind: 'in' | 'above' | 'below';
  /** A value set's canonical (with or without `|version`) or `ValueSet/id`; for the others the code system. */
  readonly canonical: string;
  /** `above` and `below` only. */
  readonly code?: string;
}

/** The codes, or a sentence that says why there is no exact answer. */
export type TermAnswer = readonly TermCode[] | string;

export type TermsOf = (question: TermQuestion) => TermAnswer;

/** In: questions, each once. Out: the answer of each, in order. */
export type LoadTerms = (questions: readonly TermQuestion[]) => Promise<readonly TermAnswer[]>;

/** Hears what is asked, and answers something meanwhile. */
class Questions {
  readonly asked = new Map<string, TermQuestion>();

  readonly hear: TermsOf = (question) => {
    this.asked.set(nameOf(question), question);
    return [{ code: 'not-known-yet' }];
  };
}

/**
 * Parses twice where terminology is asked for: first to hear the questions, then with their answers. Once, and without a wait, where it is not.
 * `parse` must have no effects besides its result. Throws what it throws.
 */
export async function withTerms<T>(parse: (termsOf: TermsOf) => T, load: LoadTerms): Promise<T> {
  const { asked, hear } = new Questions();
  const first = parse(hear);
  return asked.size === 0 ? first : parse(await answersTo(asked, load));
}

/** The answers to what `parse` asks; nothing but "none" when it asks nothing, or cannot be parsed at all. */
export async function termsFor(parse: (termsOf: TermsOf) => unknown, load: LoadTerms): Promise<TermsOf | undefined> {
  const { asked, hear } = new Questions();
  try {
    parse(hear);
  } catch {
    // Expected: other mistakes in it, which whoever parses it in earnest will tell.
  }
  return asked.size === 0 ? undefined : answersTo(asked, load);
}

async function answersTo(questions: ReadonlyMap<string, TermQuestion>, load: LoadTerms): Promise<TermsOf> {
  const answers = await load([...questions.values()]);
  const byName = new Map([...questions.keys()].map((name, at) => [name, answers[at]!]));
  return (question) => byName.get(nameOf(question)) ?? 'it was not read';
}

function nameOf({ kind, canonical, code }: TermQuestion): string {
  return `${kind} ${canonical} ${code ?? ''}`;
}
