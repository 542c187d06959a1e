/** A test of a provider's words; a regular expression is one. It must run in linear time: no nested repetition. */
export type WordTest = { test(words: string): boolean };

/** What a phrase is about, in words without regard to their order. */
export type Concept = {
  /** Alternatives of a regular expression, in lower case; a space stands for every separator. */
  readonly subject: string;
  readonly state: string;
  /** A clause with one of these is about something else. */
  readonly except?: string;
};

/** A subject and a state further apart, in characters, belong to different statements. */
const maxDistance = 60;

/**
 * Matches when one clause says the state of the subject, whichever comes first: "invalid API key", "the API key is not
 * valid" and "apiKeyInvalid" alike.
 */
export function saysOf({ subject, state, except }: Concept): WordTest {
  const subjects = wordPattern(subject);
  const states = wordPattern(state);
  const others = except === undefined ? undefined : wordPattern(except);
  return {
    test: (words) =>
      clausesOf(words).some((clause) => {
        const at = placesOf(subjects, clause);
        if (at.length === 0 || (others !== undefined && placesOf(others, clause).length > 0)) return false;
        return areNear(at, placesOf(states, clause));
      }),
  };
}

/** Matches when any of the tests does. */
export function anyOf(...tests: readonly WordTest[]): WordTest {
  return { test: (words) => tests.some((each) => each.test(words)) };
}

/** Matches one of these words or phrases in the plain text of the words. */
export function mentions(words: string): WordTest {
  const pattern = wordPattern(words);
  return { test: (text) => clausesOf(text).some((clause) => placesOf(pattern, clause).length > 0) };
}

/** A code beside a message is a statement of its own. */
const codeAtEnd = /: (?=[A-Za-z][\w.-]{0,62}_[\w.-]{0,62}(?::|$))/g;

let lastText = '';
let lastClauses: readonly string[] = [];

/** The clauses of a text in plain lower case, without regard to the kind of its separators and quotation marks. */
export function clausesOf(text: string): readonly string[] {
  if (text === lastText) return lastClauses;
  lastClauses = plain(text.replace(codeAtEnd, '\n').replace(/[。！？；]/g, '\n'))
    .split(/(?<=[.!?…])\s+|[;\n\r]+/u)
    .map((clause) => clause.replace(/\s+/g, ' ').trim())
    .filter((clause) => clause !== '');
  lastText = text;
  return lastClauses;
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\p{Cf}]/gu, '')
    .replace(/[‘’‛ʼ`´]/gu, "'")
    .replace(/([a-z])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3 $2')
    .toLowerCase()
    .replace(/_|(?<=[a-z])[-‐‑–—](?=[a-z])/gu, ' ');
}

/** Whole words only; Chinese and the like have no spaces between theirs. */
function wordPattern(words: string): RegExp {
  return new RegExp(String.raw`(?<![a-z0-9])(?:${words})(?![a-z0-9])`, 'g');
}

type Place = { readonly from: number; readonly to: number };

function placesOf(pattern: RegExp, clause: string): readonly Place[] {
  return Array.from(clause.matchAll(pattern), ({ 0: match, index }) => ({ from: index, to: index + match.length }));
}

/** Both lists are in order, so that one pass suffices. */
function areNear(some: readonly Place[], others: readonly Place[]): boolean {
  let index = 0;
  for (const { from, to } of some) {
    while (index < others.length && (others[index]?.to ?? 0) < from - maxDistance) index += 1;
    for (let next = index; next < others.length; next += 1) {
      const other = others[next];
      if (other === undefined || other.from > to + maxDistance) break;
      if (other.from >= to || other.to <= from) return true;
    }
  }
  return false;
}
