import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** zsh completes nothing before compinit, which a bare configuration does not call; `-i` asks no question. */
const zshStart = [
  '(( $+functions[compdef] )) || { autoload -U compinit && compinit -i }',
  'autoload -U +X bashcompinit && bashcompinit',
];

type Words = { readonly path: string; readonly words: readonly string[] };

/** A script that completes the commands and options of `darkroom`, made from the program itself. */
export function completionScript(program: Command, shell: Shell): string {
  const all = wordsOf(program, '');
  if (shell === 'fish') return fishScript(all);
  const cases = all.map(({ path, words }) => `    ${quoted(path)}) words=${quoted(words.join(' '))} ;;`);
  const bash = [
    '_darkroom() {',
    '  local path="" word words="" index',
    '  for ((index = 1; index < COMP_CWORD; index++)); do',
    '    word="${COMP_WORDS[index]}"',
    '    [[ "$word" == -* ]] || path="$path $word"',
    '  done',
    '  case "$path" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _darkroom darkroom',
    '',
  ];
  return [...(shell === 'zsh' ? zshStart : []), ...bash].join('\n');
}

function wordsOf(command: Command, path: string): readonly Words[] {
  const options = command.options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
  const own = { path, words: [...command.commands.map((each) => each.name()), ...options, '--help'] };
  return [own, ...command.commands.flatMap((each) => wordsOf(each, `${path} ${each.name()}`))];
}

function fishScript(all: readonly Words[]): string {
  const lines = all.flatMap(({ path, words }) => {
    const names = path
      .trim()
      .split(' ')
      .filter((name) => name !== '');
    const when =
      names.length === 0
        ? '__fish_use_subcommand'
        : names.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
    const commands = words.filter((word) => !word.startsWith('--'));
    const whenOpen = names.length === 0 ? when : `${when}; and not __fish_seen_subcommand_from ${commands.join(' ')}`;
    return words.map((word) =>
      word.startsWith('--')
        ? `complete -c darkroom -n ${quoted(when)} -l ${word.slice(2)}`
        : `complete -c darkroom -f -n ${quoted(whenOpen)} -a ${word}`,
    );
  });
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text}'`;
}
