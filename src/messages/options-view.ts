import { aspects, type OptionMistake, type OptionName, optionNames } from '../domain/job.ts';
import type { JobKind } from '../domain/kinds.ts';
import { lines } from './phrases.ts';
import { escapeHtml, safe, type Safe, excerpt, shownText, type MessageView } from './view.ts';
import type { Localizer } from './catalog.ts';

/** The longest excerpt of the person's text that is shown back. */
const writtenLimit = 64;
const maxModels = 12;

/** Why an option cannot be followed, what is allowed instead, and that nothing was started. */
export function optionMistakeView(localizer: Localizer, mistake: OptionMistake, kind: JobKind): MessageView {
  return { text: lines(mistakeWords(localizer, mistake, kind), localizer.say('options.nothing-started')), rows: [] };
}

/** `16:9, 4:3, …`: all shapes. */
export function aspectList(): Safe {
  return list(aspects);
}

function mistakeWords(localizer: Localizer, mistake: OptionMistake, kind: JobKind): string {
  switch (mistake.kind) {
    case 'unknown-option': {
      const written = excerpt(mistake.written, writtenLimit);
      const options = optionList(optionNames);
      return lines(localizer.say('options.unknown-option', { written }), localizer.say('options.known', { options }));
    }
    case 'missing-value':
    case 'open-quote':
    case 'twice':
      return localizer.say(`options.${mistake.kind}`, { option: mistake.option });
    case 'bad-seed': {
      const largest = String(Number.MAX_SAFE_INTEGER);
      return localizer.say('options.bad-seed', { written: excerpt(mistake.written, writtenLimit), largest });
    }
    case 'bad-aspect':
      return localizer.say('options.bad-aspect', {
        written: excerpt(mistake.written, writtenLimit),
        aspects: aspectList(),
      });
    case 'unknown-model': {
      const shown = mistake.models.slice(0, maxModels).map((model) => `• ${code(model)}`);
      const more = mistake.models.length > maxModels ? ['…'] : [];
      const models = safe([...shown, ...more].join('\n'));
      return localizer.say('options.unknown-model', { written: excerpt(mistake.written, writtenLimit), models });
    }
    case 'unknown-style': {
      const styles = list(mistake.styles);
      return localizer.say('options.unknown-style', { written: excerpt(mistake.written, writtenLimit), styles });
    }
    case 'not-taken': {
      const { option, model, takes } = mistake;
      return lines(
        model === undefined
          ? localizer.say('options.not-taken-by-any', { option, kind })
          : localizer.say('options.not-taken', { option, model }),
        takes.length === 0
          ? localizer.say('options.takes-words')
          : localizer.say('options.takes', { options: optionList(takes) }),
      );
    }
  }
}

function optionList(options: readonly OptionName[]): Safe {
  return list(options.map((option) => `--${option}`));
}

function list(items: readonly string[]): Safe {
  return safe(items.map(code).join(', '));
}

function code(text: string): string {
  return `<code>${escapeHtml(shownText(text))}</code>`;
}
