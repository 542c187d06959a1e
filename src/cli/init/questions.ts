import type { Config } from '../../config/config.ts';
import type { ProcessContext } from '../process-context.ts';

/** What every part of the set-up works with. */
export type Wizard = {
  readonly context: ProcessContext;
  readonly config: Config;
  readonly questions: Questions;
  readonly signal: AbortSignal;
};

/** Thrown when the person presses Ctrl-C, or the input ends before a question that needs an answer. */
export class Stopped extends Error {
  constructor() {
    super('Cannot go on: stopped');
    this.name = 'Stopped';
  }
}

export type Questions = Disposable & {
  /** A line without spaces around it; an ended input gives an empty one. `isSecret` wipes it from a terminal. */
  ask(question: string, options?: { readonly isSecret?: boolean }): Promise<string>;
  /** As `ask`, and throws Stopped when the input has ended. */
  require(question: string, options?: { readonly isSecret?: boolean }): Promise<string>;
  /** `otherwise` is the answer of an empty line. */
  confirm(question: string, otherwise: boolean): Promise<boolean>;
};

const yes = /^(?:y|yes|s|si|sí|д|да|j|ja|o|oui)$/i;
const no = /^(?:n|no|н|нет|nein|non)$/i;

/** Questions on a terminal or in a pipe; the signal ends a question with Stopped. */
export function openQuestions({ out, openInput }: ProcessContext, signal: AbortSignal): Questions {
  const input = openInput();
  const read = async (question: string, isSecret: boolean): Promise<string | undefined> => {
    if (signal.aborted) throw new Stopped();
    out.write(`${question} `);
    const stopped = Promise.withResolvers<never>();
    const onAbort = () => stopped.reject(new Stopped());
    signal.addEventListener('abort', onAbort);
    try {
      const line = await Promise.race([input.nextLine(), stopped.promise]);
      if (isSecret && out.isTty && line !== undefined) {
        const rows = Math.ceil((question.length + 1 + line.length) / Math.max(1, out.columns));
        out.write(`\u001b[${Math.max(1, rows)}A\r\u001b[J${question} (read, not shown)\n`);
      } else if (!out.isTty) out.write('\n');
      return line?.trim();
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
  const ask: Questions['ask'] = async (question, { isSecret = false } = {}) => (await read(question, isSecret)) ?? '';
  return {
    ask,
    require: async (question, { isSecret = false } = {}) => {
      const line = await read(question, isSecret);
      if (line === undefined) throw new Stopped();
      return line;
    },
    confirm: async (question, otherwise) => {
      for (;;) {
        const line = await ask(`${question} ${otherwise ? '[Y/n]' : '[y/N]'}`);
        if (line === '') return otherwise;
        if (yes.test(line)) return true;
        if (no.test(line)) return false;
        out.write('Please answer y or n.\n');
      }
    },
    [Symbol.dispose]: () => input[Symbol.dispose](),
  };
}
