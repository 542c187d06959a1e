import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compose } from '../../../sandbox/drawing/composition.ts';
import { jobKinds, kindTraits } from '../../../src/domain/kinds.ts';
import { figureNames } from '../../../sandbox/drawing/figures/figures.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const size = { width: 256, height: 256 };

/** What is asked of a picture or a sound is not drawn. */
const drawn: ReadonlySet<string> = new Set(
  jobKinds
    .filter((kind) => kindTraits[kind].isVisual && kindTraits[kind].needs === 'words')
    .map((kind) => `example.${kind}`),
);

/** Every prompt that a text shows to people: after a command, as an example, or in italics in the help. */
function promptsIn(text: string): readonly string[] {
  const after = [...text.matchAll(/\/(?:generate|video) ([^<`"'\\\n${]{4,})/g)].map(([, words = '']) => words.trim());
  return after.filter(
    (words) => /^\p{Ll}+ \p{L}+/u.test(words) && !/^(?:and|or|alone|with|without|y|o|и|или|con)\b/u.test(words),
  );
}

type Example = { readonly from: string; readonly prompt: string };

function localeExamples(): readonly Example[] {
  const folder = join(root, 'locales');
  return readdirSync(folder).flatMap((from) => {
    const texts = Object.entries(JSON.parse(readFileSync(join(folder, from), 'utf8')) as Record<string, string>);
    return texts.flatMap(([id, text]) => {
      if (id.startsWith('example.')) return drawn.has(id) ? [{ from, prompt: text }] : [];
      const quoted = id.startsWith('help.')
        ? [...text.matchAll(/<i>([^<]+)<\/i>/g)].map(([, words = '']) => words)
        : [];
      const coded = [...text.matchAll(/<code>\/(?:generate|video) ([^<&]+)<\/code>/g)].map(([, words = '']) => words);
      return [...quoted, ...coded].map((prompt) => ({ from, prompt }));
    });
  });
}

function pageExamples(): readonly Example[] {
  const people = readFileSync(join(root, 'sandbox', 'page', 'participants.ts'), 'utf8');
  const [, list = ''] = /crowdPrompts = \[(.*?)\]/s.exec(people) ?? [];
  return [...list.matchAll(/'([^']+)'/g)].map(([, prompt = '']) => ({ from: 'the crowd of the page', prompt }));
}

function printedExamples(): readonly Example[] {
  const files = ['README.md', 'docs/sandbox.md', 'docs/behaviour.md', 'src/cli/demo/demo.ts', 'CONTRIBUTING.md'];
  return files.flatMap((from) => promptsIn(readFileSync(join(root, from), 'utf8')).map((prompt) => ({ from, prompt })));
}

const examples = [...localeExamples(), ...pageExamples(), ...printedExamples()];
const places = ['mountain', 'sea', 'beach', 'city', 'forest', 'desert', 'space', 'room', 'meadow'];

test('there are examples in each language, on the page and in the documents', () => {
  const counted = Map.groupBy(examples, ({ from }) => from);
  for (const from of ['en.json', 'es.json', 'ru.json', 'the crowd of the page', 'README.md', 'src/cli/demo/demo.ts']) {
    expect([from, (counted.get(from) ?? []).length > 0]).toEqual([from, true]);
  }
});

test('each example that people are shown names something that the sandbox draws', () => {
  const drawable: ReadonlySet<string> = new Set([...figureNames, ...places]);
  const unknown = examples.filter(
    ({ prompt }) => !compose(prompt, 0, size).scene.named.some((name) => drawable.has(name)),
  );
  expect(unknown).toEqual([]);
});

test.each(readdirSync(join(root, 'locales')))('the scenes of the examples are drawn alike: %s', (file) => {
  const texts = JSON.parse(readFileSync(join(root, 'locales', file), 'utf8')) as Record<string, string>;
  const [, inHelp = ''] = /<i>(.+?)<\/i>/.exec(texts['help.text'] ?? '') ?? [];
  const prompts = [texts['example.image'] ?? '', texts['example.video'] ?? '', inHelp];
  expect(prompts.map((prompt) => compose(prompt, 0, size).scene.named.toSorted())).toEqual([
    ['day', 'fox', 'snow'],
    ['beach', 'dusk'],
    ['lighthouse', 'storm'],
  ]);
});

test.each([
  ['a red fox in the snow, soft morning light', ['fox', 'day', 'snow']],
  ['un zorro rojo en la nieve, luz suave de la mañana', ['fox', 'day', 'snow']],
  ['рыжая лиса на снегу, мягкий утренний свет', ['fox', 'day', 'snow']],
  ['руда лисиця на снігу, м’яке ранкове світло', ['fox', 'day', 'snow']],
  ['ثعلب أحمر في الثلج، ضوء صباح ناعم', ['fox', 'day', 'snow']],
  ['روباه سرخ در برف، نور ملایم صبح', ['fox', 'day', 'snow']],
  ['waves rolling onto a beach at sunset', ['beach', 'dusk']],
  ['olas que llegan a la playa al atardecer', ['beach', 'dusk']],
  ['волны набегают на берег на закате', ['beach', 'dusk']],
  ['хвилі набігають на берег на заході сонця', ['beach', 'dusk']],
  ['أمواج تتدفق على شاطئ عند الغروب', ['beach', 'dusk']],
  ['موج‌ها هنگام غروب به ساحل می‌آیند', ['beach', 'dusk']],
  ['a lighthouse in a storm, oil painting', ['lighthouse', 'storm']],
  ['un faro en la tormenta, pintura al óleo', ['lighthouse', 'storm']],
  ['маяк в шторм, масло на холсте', ['lighthouse', 'storm']],
  ['маяк у шторм, олія на полотні', ['lighthouse', 'storm']],
  ['منارة وسط عاصفة، لوحة زيتية', ['lighthouse', 'storm']],
  ['فانوس دریایی در طوفان، نقاشی رنگ روغن', ['lighthouse', 'storm']],
  ['a paper boat on a lake', ['paper boat', 'sea']],
  ['un barquito de papel en un lago', ['paper boat', 'sea']],
  ['бумажный кораблик на озере', ['paper boat', 'sea']],
  ['a castle under the moon', ['castle', 'night']],
  ['a cat asleep on a windowsill', ['cat', 'room']],
  ['mountains in the morning', ['mountain', 'day']],
  ['a hot air balloon over hills', ['balloon', 'meadow']],
  ['an owl in an old oak', ['owl', 'tree']],
  ['a tram in the rain', ['tram', 'rain']],
  ['трамвай под дождём', ['tram', 'rain']],
  ['🦊 🌧', ['fox', 'rain']],
])('"%s" is drawn with %j', (prompt, named) => {
  expect(compose(prompt, 0, size).scene.named).toEqual(named);
});
