import { expect, test } from 'vitest';
import { alertSeverity, type Alert, type AlertFacts } from '../../src/domain/alert.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { reasons } from './builders.ts';
import { parseTelegramHtml } from './telegram-html.ts';

const catalog = loadCatalog();
const mapper = createMessageMapper(catalog);
const everyFact: readonly AlertFacts[] = [
  { kind: 'slow', provider: 'bytez', meanMs: 9_400, usualMs: 2_100 },
  { kind: 'many-errors', provider: 'bytez', share: 0.42, calls: 50 },
  { kind: 'key-failing', keyName: 'bytez #3', reason: 'rejected', times: 3 },
  { kind: 'no-key-ready', provider: 'bytez', keys: 11 },
  { kind: 'provider-silent', provider: 'bytez' },
  { kind: 'wrong-address', provider: 'bytez' },
  { kind: 'unknown-model', provider: 'bytez', model: 'org/<model>' },
  { kind: 'model-closed', provider: 'bytez', model: 'org/<model>' },
  { kind: 'storage-unavailable', what: 'database' },
];

function anAlert(facts: AlertFacts): Alert {
  return { id: `${facts.kind}:x`, severity: alertSeverity[facts.kind], facts };
}

function shown(facts: readonly AlertFacts[], isOver: boolean, locale = 'en'): readonly string[] {
  const view = mapper.alerts(
    facts.map((fact) => ({ alert: anAlert(fact), isOver })),
    locale,
  );
  expect(view.rows.flat().map(({ data }) => data)).toEqual(['keys:open']);
  const text = parseTelegramHtml(view.text);
  expect(text.length).toBeLessThanOrEqual(4096);
  expect(text).not.toMatch(/[{}]|undefined|NaN/);
  return text.split('\n');
}

test('alerts() tells the gravest first and says what is known', () => {
  expect(shown(everyFact, false)).toEqual([
    '🔴 bytez #3 failed 3 times in a row: not accepted',
    '🔴 No key of bytez works. All 11 keys are cooling down or were refused.',
    '🔴 bytez doesn’t answer. I send it one call at a time until it does.',
    '🔴 What answers at the address of bytez isn’t bytez. Its keys may be fine: check its BASE_URL setting, then start me again.',
    '🔴 bytez refuses every request to org/<model> and doesn’t say why. Its free check accepts the keys, so look at the account: its plan, region and terms of use. I go on with the next model of the chain, and ask for this one again every few minutes.',
    '🔴 My database can’t be written. I take nothing new until it can; what was asked for before is safe. Perhaps the disk is full, or the file was moved: darkroom doctor says more.',
    '🟠 42% of the calls to bytez fail (50 calls in 5 minutes).',
    '🟠 bytez doesn’t serve the model org/<model>. Its keys are fine. I go on with the next model of the chain and ask for this one again every few minutes; if it stays like this, put another one into the chain.',
    '🟡 bytez is slow: 9.4 s a call, usually 2.1 s.',
  ]);
});

test('alerts() tells what is over, after what is not', () => {
  expect(shown(everyFact, true)).toEqual([
    '✅ bytez #3 is no longer failing.',
    '✅ bytez has a key that works again.',
    '✅ bytez answers again.',
    '✅ bytez is at its address again.',
    '✅ bytez takes requests to its models again.',
    '✅ My storage can be written again.',
    '✅ Calls to bytez succeed again.',
    '✅ bytez serves its models again.',
    '✅ bytez is as fast as usual again.',
  ]);
  const [high, low] = [anAlert({ kind: 'provider-silent', provider: 'bytez' }), anAlert(everyFact[0] as AlertFacts)];
  const mixed = mapper.alerts(
    [
      { alert: high, isOver: true },
      { alert: low, isOver: false },
    ],
    'en',
  );
  expect(mixed.text.split('\n').map((line) => line.slice(0, 2))).toEqual(['🟡', '✅ ']);
});

test.each(catalog.locales)('alerts() reads well: %s', (locale) => {
  const failing = reasons.flatMap((reason) =>
    [1, 2, 5].map((times): AlertFacts => ({ kind: 'key-failing', keyName: '<b>&', reason, times })),
  );
  for (const facts of [...everyFact, ...failing, { kind: 'no-key-ready', provider: 'bytez', keys: 1 } as const]) {
    for (const isOver of [false, true]) expect(shown([facts], isOver, locale)).toHaveLength(1);
  }
});

test('alerts() of a thousand keys fits into one message', () => {
  const many = Array.from({ length: 1_000 }, (_, index): AlertFacts => ({
    kind: 'key-failing',
    keyName: `bytez #${index}`,
    reason: 'rejected',
    times: 3,
  }));
  const lines = shown(many, false);
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe('… and 980 more');
});

test('alerts() says for how long Telegram wants silence, in the words of the language', () => {
  const rest: AlertFacts = { kind: 'telegram-rate-limited', forMs: 3_600_000 };
  expect(['en', 'es', 'ru'].map((locale) => shown([rest], false, locale)[0])).toEqual([
    '🟠 Telegram asked me to send nothing for 60 min. My messages are stored and will follow.',
    '🟠 Telegram me ha pedido no enviar nada durante 60 min. Guardo mis mensajes y los envío después.',
    '🟠 Telegram попросил ничего не отправлять 60 мин. Мои сообщения сохранены и будут отправлены потом.',
  ]);
  expect(shown([rest], true)).toEqual(['✅ Telegram lets me write again.']);
});
