import type { FigureName } from '../figures/figures.ts';
import type { Ground, Sky, Weather } from '../scene-parts.ts';

type Drawable = FigureName | Ground | Sky | Weather;

/**
 * What the examples of the other locales speak of, a row for each language: every form that an example has, as it is
 * written there. The words of English, Spanish and Russian, with all their forms, stand in the lists themselves.
 */
const furtherWords: Readonly<Record<string, Readonly<Partial<Record<Drawable, string>>>>> = {
  'pt-BR': {
    fox: 'raposa raposas',
    snow: 'neve',
    day: 'manhã',
    beach: 'praia ondas onda',
    dusk: 'entardecer amanhecer',
    lighthouse: 'farol',
    storm: 'tempestade',
    castle: 'castelo',
    cat: 'gato gata',
  },
};

/** The words for a thing in all further languages. */
export function furtherWordsFor(name: string): readonly string[] {
  return Object.values(furtherWords).flatMap((words) => (words as Record<string, string>)[name]?.split(' ') ?? []);
}
