import { isoTime, spanWords } from '../../observability/quantities.ts';
import type { Terminal, ProcessContext } from '../process-context.ts';
import type { FailureReason } from '../../domain/failure.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { oneLine } from '../../observability/describe-error.ts';
import { isServed } from '../../providers/registry.ts';
import { type Cell, table } from '../table.ts';
import { writeJson, notServedWords, noKeys, exitCodeFor } from './key-tables.ts';
import { originWords, type KnownKey, openAdminLook } from './known-keys.ts';

export type Progress = {
  /** One more is done, with this result. */
  step(words: string): void;
  end(): void;
};

const clearLine = '\r\u001b[2K';

/** Progress of many tests: one line that is rewritten on a terminal, one line each otherwise, none of those when `quiet`. */
export function progressOn(terminal: Terminal, total: number, quiet: boolean): Progress {
  let done = 0;
  const show = (words: string) => {
    const text = `${done} of ${total} ${words}`;
    if (terminal.isTty) terminal.write(`${clearLine}${text.slice(0, terminal.columns - 1)}`);
    else if (!quiet) terminal.write(`${text}\n`);
  };
  if (terminal.isTty) show('tested');
  return {
    step: (words) => {
      done += 1;
      show(`tested, ${words}`);
    },
    end: () => {
      if (terminal.isTty) terminal.write(clearLine);
    },
  };
}

type Tested = {
  readonly key: KnownKey;
  readonly ms: number;
  readonly finding: { readonly kind: 'works' } | { readonly kind: 'not-asked' } | Failed;
};
type Failed = { readonly kind: 'failed'; readonly reason: FailureReason; readonly detail: string };

/** The exit code that a shell expects after Ctrl-C. */
const interruptedCode = 130;

/** Probes every key at its provider, all at once and free of charge. */
export async function testKeys(context: ProcessContext, { json }: { readonly json: boolean }): Promise<void> {
  using stop = context.listenForStop();
  using look = await openAdminLook(context);
  const { keys, warnings } = look.known;
  const keyOf = new Map(keys.map((key) => [key.id, key]));
  const progress = progressOn(context.err, keys.length, json);
  const found = new Map<KeyId, Tested>();
  const note = (tested: Tested) => {
    found.set(tested.key.id, tested);
    progress.step(`${tested.key.name}: ${findingWords(tested)}`);
  };
  for (const key of keys) if (!isServed(key.provider)) note({ key, ms: 0, finding: { kind: 'not-asked' } });
  try {
    await look.admin.keys.test(
      keys.map(({ id }) => id),
      {
        signal: stop.signal,
        onTest: ({ id, ok, reason = 'unrecognized', detail = '', ms }) => {
          const key = keyOf.get(id);
          const failed: Failed = { kind: 'failed', reason, detail: oneLine(detail, 120) };
          if (key !== undefined) note({ key, ms, finding: ok ? { kind: 'works' } : failed });
        },
      },
    );
  } catch (error) {
    if (stop.signal.aborted) return context.exitWith(interruptedCode);
    throw error;
  } finally {
    progress.end();
  }
  const tested = keys.flatMap(({ id }) => found.get(id) ?? []);
  if (json) writeJson(context.out, testDocument(context.clock.now(), tested, warnings));
  else context.out.write(`${resultLines(context.out, tested, warnings).join('\n')}\n`);
  context.exitWith(exitCodeFor(countWorking(tested)));
}

function countWorking(tested: readonly Tested[]) {
  return [...new Set(tested.map(({ key }) => key.provider))].flatMap((provider) => {
    const own = tested.filter(({ key }) => key.provider === provider);
    const ready = own.filter(({ finding }) => finding.kind === 'works').length;
    return own.length === 0 ? [] : [{ provider, total: own.length, ready }];
  });
}

function testDocument(nowMs: number, tested: readonly Tested[], warnings: readonly string[]): object {
  return {
    at: isoTime(nowMs),
    providers: countWorking(tested).map(({ provider, total, ready }) => ({ provider, total, working: ready })),
    keys: tested.map(({ key, ms, finding }) => ({
      name: key.name,
      fingerprint: key.fingerprint ?? null,
      provider: key.provider,
      origin: { variable: key.origin.variable, position: key.origin.position },
      result: finding.kind,
      reason: finding.kind === 'failed' ? finding.reason : null,
      detail: finding.kind === 'failed' ? finding.detail : null,
      ms: Math.round(ms),
    })),
    warnings,
  };
}

function resultLines(terminal: Terminal, tested: readonly Tested[], warnings: readonly string[]): readonly string[] {
  if (tested.length === 0) return [noKeys, ...warnings];
  const rows = tested.map((one): readonly Cell[] => [
    one.key.name,
    originWords(one.key.origin),
    one.finding.kind === 'not-asked' ? '–' : spanWords(one.ms),
    { text: findingWords(one), style: findingStyle(one) },
  ]);
  const columns = [
    { title: 'key' },
    { title: 'read from', dropOrder: 2 },
    { title: 'took', align: 'right' as const, dropOrder: 1 },
    { title: 'result' },
  ];
  const totals = countWorking(tested).map(
    ({ provider, total, ready }: { provider: ProviderName; total: number; ready: number }) =>
      isServed(provider)
        ? `${provider}: ${ready} of ${total} ${total === 1 ? 'key is' : 'keys are'} accepted`
        : notServedWords(provider, total),
  );
  return [...table(terminal, columns, rows), '', ...totals, ...warnings];
}

function findingWords({ finding, key: { state } }: Tested): string {
  switch (finding.kind) {
    case 'works':
      // Only a real call shows whether an account has credit.
      return state.kind === 'benched' && state.reason === 'out-of-credit'
        ? 'accepted, but out of credit when it was last used'
        : 'accepted';
    case 'not-asked':
      return 'not asked: this version does not use this provider yet';
    case 'failed':
      return `${finding.reason}: ${finding.detail}`;
  }
}

function findingStyle({ finding }: Tested): 'good' | 'dim' | 'bad' {
  return finding.kind === 'works' ? 'good' : finding.kind === 'failed' ? 'bad' : 'dim';
}
