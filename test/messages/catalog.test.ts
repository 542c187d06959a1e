import { expect, test } from 'vitest';
import { checkLocales, loadCatalog, type LocaleSource } from '../../src/messages/catalog.ts';
import { messageIds } from '../../src/messages/message-ids.ts';
import { safe } from '../../src/messages/view.ts';

const complete: Readonly<Record<string, unknown>> = Object.fromEntries(messageIds.map((id) => [id, `words of ${id}`]));

function source(files: Readonly<Record<string, unknown>>): LocaleSource & { readonly reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    names: () => Object.keys(files),
    read: (name) => {
      reads.push(name);
      const file = files[name];
      return typeof file === 'string' ? file : JSON.stringify(file);
    },
  };
}

const catalog = loadCatalog();

test('Catalog.say() escapes the text it is given', () => {
  expect(catalog.say('en', 'start.hello', { name: '<b>Eve</b> & "Co"' })).toBe(
    '👋 Hi, &lt;b&gt;Eve&lt;/b&gt; &amp; &quot;Co&quot;!',
  );
});

test('Catalog.say() takes safe HTML as it is', () => {
  expect(catalog.say('en', 'start.hello', { name: safe('<b>Eve</b>') })).toBe('👋 Hi, <b>Eve</b>!');
});

test('Catalog.plain() does not escape, for places without markup', () => {
  const own = loadCatalog(source({ en: { ...complete, 'start.hello': 'Hi {name}' } }));
  expect(own.plain('en', 'start.hello', { name: 'a < b\u202E' })).toBe('Hi a < b');
});

test.each([
  ['ICU syntax', "{n, plural, one {x} other {#}} {name} # '{'", "{n, plural, one {x} other {#}} {name} # '{'"],
  ['template syntax', '${7*7} {{7*7}} $(id) %s%n %00', '${7*7} {{7*7}} $(id) %s%n %00'],
  ['MarkdownV2', '*_[x](y)_* ` ~ # + - = | { } . !', '*_[x](y)_* ` ~ # + - = | { } . !'],
  ['control characters', 'a\u0000b\u001b[2Jc\u007fd\u0085e\r\nf\tg', 'ab[2Jcde\nf\tg'],
  ['bidi overrides and isolates', 'abc\u202Egnp.exe\u2066x\u2069', 'abcgnp.exex'],
  ['a lone surrogate', 'a\uD800b', 'a\uFFFDb'],
  ['a tower of accents', `a${'\u0301'.repeat(50)}b`, `a${'\u0301'.repeat(8)}b`],
])('Catalog.say() makes %s harmless', (_, given, shown) => {
  expect(catalog.say('en', 'start.hello', { name: given })).toBe(`👋 Hi, ${shown}!`);
});

test.each([
  ['en', 1, '# request ahead'.replace('#', '1')],
  ['en', 2, '2 requests ahead'],
  ['es', 1, '1 petición por delante'],
  ['es', 1_000_000, 'de peticiones por delante'],
  ['ru', 1, 'впереди 1 запрос.'],
  ['ru', 3, 'впереди 3 запроса.'],
  ['ru', 11, 'впереди 11 запросов.'],
  ['ru', 21, 'впереди 21 запрос.'],
])('Catalog.say() counts in %s: %i', (locale, ahead, words) => {
  expect(catalog.say(locale, 'status-message.queued', { kind: 'image', ahead })).toContain(words);
});

test('Catalog.say() writes dates the way of the language, in UTC', () => {
  const until = new Date(Date.UTC(2026, 1, 3, 23, 59));
  expect(['en', 'es', 'ru'].map((locale) => catalog.say(locale, 'premium.active', { until }))).toEqual([
    expect.stringContaining('February 3, 2026'),
    expect.stringContaining('3 de febrero de 2026'),
    expect.stringContaining('3 февраля 2026'),
  ]);
});

test.each([
  ['a value', 'أهلًا {name}!', 'أهلًا \u2068Eve\u2069!'],
  ['a command', 'انظر /help الآن', 'انظر \u2066/help\u2069 الآن'],
  ['a command in bold', '<b>/help</b>', '<b>\u2066/help\u2069</b>'],
  ['a command that is a value', 'أو /{name} مع كلماتك', 'أو \u2066/Eve\u2069 مع كلماتك'],
  ['a mention', 'اسألني: @{name}', 'اسألني: \u2066@Eve\u2069'],
  [
    'code, in which nothing is added',
    'مثل <code>/say {name} --seed 42</code>.',
    'مثل \u2066<code>/say Eve --seed 42</code>\u2069.',
  ],
  ['a slash between numbers', '{n, number}/{n, number}: {name}', '2/2: \u2068Eve\u2069'],
  ['an arm', '{name, select, x {} other {/{name} <b>{name}</b>}}', '\u2066/Eve\u2069 <b>\u2068Eve\u2069</b>'],
])('Catalog.say() isolates in Arabic %s', (_, words, shown) => {
  const own = loadCatalog(source({ en: complete, ar: { ...complete, 'start.hello': words } }));
  const params = { name: 'Eve', n: 2 };
  expect(own.say('ar', 'start.hello', params)).toBe(shown);
});

test('Catalog.say() isolates in Arabic the code of each line of a value, once', () => {
  const own = loadCatalog(source({ en: complete, ar: { ...complete, 'start.hello': 'اكتب {name}' } }));
  const examples = safe('\u2066<code>/generate ثعلب</code>\u2069\n<code>/video موج</code>');
  expect(own.say('ar', 'start.hello', { name: examples })).toBe(
    'اكتب \u2068\u2066<code>/generate ثعلب</code>\u2069\n\u2066<code>/video موج</code>\u2069\u2069',
  );
});

test('Catalog.say() adds no isolates to languages that are written from left to right', () => {
  const own = loadCatalog(source({ en: complete, de: { ...complete, 'start.hello': '/help {name}' } }));
  expect(own.say('de', 'start.hello', { name: 'Eve' })).toBe('/help Eve');
});

test('Catalog.say() speaks the source language where the stored locale is gone', () => {
  expect(catalog.say('tlh', 'ready')).toBe('Ready ↑');
});

test.each([
  ['ru', 'en', 'ru'],
  ['es-MX', 'en', 'es'],
  ['es_AR', 'en', 'es'],
  ['ES', 'en', 'es'],
  ['ja-jp', 'ru', 'ru'],
  ['', 'es', 'es'],
  [undefined, 'es', 'es'],
  [undefined, 'xx', 'en'],
  ['__proto__', 'en', 'en'],
  ['constructor', 'en', 'en'],
])('Catalog.match() finds for %s with fallback %s the locale %s', (code, fallback, found) => {
  expect(catalog.match(code, fallback)).toBe(found);
});

test.each([
  ['pt', 'pt-BR'],
  ['pt-br', 'pt-BR'],
  ['pt_PT', 'pt-BR'],
  ['zh', 'zh-Hans'],
  ['zh-CN', 'zh-Hans'],
  ['zh-sg', 'zh-Hans'],
  ['zh-hans-cn', 'zh-Hans'],
  ['zh-TW', 'zh-Hans'],
  ['zh-Hant', 'zh-Hans'],
  ['zh-hant-hk', 'zh-Hans'],
  ['es-419', 'es'],
  ['fa-AF', 'fa'],
  ['he', 'en'],
  ['az', 'en'],
  ['in', 'id'],
  ['id-ID', 'id'],
  ['tr-TR', 'tr'],
  ['TR', 'tr'],
  ['iw', 'en'],
  ['nb', 'en'],
  ['fil', 'en'],
  ['i', 'en'],
  ['1', 'en'],
  ['pt-', 'pt-BR'],
])('Catalog.match() finds for %s among thirteen languages the locale %s', (code, found) => {
  const names = ['en', 'ar', 'de', 'es', 'fa', 'fr', 'hi', 'id', 'pt-BR', 'ru', 'tr', 'uk', 'zh-Hans'];
  const thirteen = loadCatalog(source(Object.fromEntries(names.map((name) => [name, complete]))));
  expect(thirteen.match(code, 'en')).toBe(found);
});

test('Catalog.match() prefers the longest tag', () => {
  const own = loadCatalog(source({ en: complete, pt: complete, 'pt-BR': complete }));
  expect(['pt-BR', 'pt-PT', 'pt'].map((code) => own.match(code, 'en'))).toEqual(['pt-BR', 'pt', 'pt']);
});

test.each([
  ['zh', 'zh-Hans'],
  ['zh-CN', 'zh-Hans'],
  ['zh-TW', 'zh-Hant'],
  ['zh_hk', 'zh-Hant'],
  ['zh-hant', 'zh-Hant'],
])('Catalog.match() tells the scripts of a language apart where both are there: %s finds %s', (code, found) => {
  for (const names of [
    ['en', 'zh-Hans', 'zh-Hant'],
    ['en', 'zh-Hant', 'zh-Hans'],
  ]) {
    const own = loadCatalog(source(Object.fromEntries(names.map((name) => [name, complete]))));
    expect(own.match(code, 'en')).toBe(found);
  }
});

test('Catalog.locales begins with the source language', () => {
  expect(loadCatalog(source({ de: complete, en: complete })).locales).toEqual(['en', 'de']);
});

test('loadCatalog() reads each file once, when its language is used', () => {
  const files = source({ en: complete, de: complete, es: complete });
  const own = loadCatalog(files);
  own.say('de', 'ready');
  own.say('de', 'ready');
  expect(files.reads.sort()).toEqual(['de', 'en']);
});

const { ready: _, ...withoutReady } = complete;

test.each([
  ['a missing message', withoutReady, 'Cannot load locale "de": missing "ready"'],
  ['an unknown message', { ...complete, redy: 'x' }, 'Cannot load locale "de": unknown "redy"'],
  ['an empty message', { ...complete, ready: '' }, 'Cannot load locale "de": empty "ready"'],
  ['a number', { ...complete, ready: 5 }, 'Cannot load locale "de": "ready" is not a text'],
  ['a list', [], 'Cannot load locale "de": the file is not one flat object of messages'],
  ['no JSON', '{', 'Cannot load locale "de": the file is not valid JSON'],
])('checkLocales() refuses %s', (_, file, message) => {
  expect(() => checkLocales(source({ en: complete, de: file }))).toThrow(message);
});

test('checkLocales() refuses what is not ICU, and finds nothing in the languages of this version', () => {
  const broken = source({ en: complete, de: { ...complete, ready: '{' } });
  expect(() => checkLocales(broken)).toThrow('Cannot load locale "de": "ready" is not an ICU message');
  expect(() => checkLocales()).not.toThrow();
});

test('a language whose file cannot be used is said in the source language', () => {
  const own = loadCatalog(source({ en: complete, de: '{' }));
  expect([own.locales, own.say('de', 'ready')]).toEqual([['en', 'de'], 'words of ready']);
});

test('a message of a language that is not ICU is said in the source language', () => {
  const own = loadCatalog(source({ en: complete, de: { ...complete, ready: '{' } }));
  expect([own.say('de', 'ready'), own.say('de', 'language.set')]).toEqual(['words of ready', 'words of language.set']);
});

test('loadCatalog() names every mistake at once', () => {
  expect(() => loadCatalog(source({ en: { ...withoutReady, help: 'x', 'help.text': '' } }))).toThrow(
    /^(?=.*missing "ready")(?=.*unknown "help")(?=.*empty "help.text")/,
  );
});

test('loadCatalog() refuses to start without the source language', () => {
  expect(() => loadCatalog(source({ de: complete }))).toThrow(
    'Cannot load the catalog: there is no locale "en", only "de"',
  );
});
