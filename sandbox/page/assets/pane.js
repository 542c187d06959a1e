import { element, reconcile, setText } from './dom.js';
import { createComposer } from './composer.js';
import { daySeparator, messageElement } from './message.js';
import { act, pay, press, state } from './server.js';

/**
 * The items of a chat: day separators, messages, and albums as one item. Of several messages by one sender in a row,
 * only the last has the tail.
 */
function itemsOf(messages, personId, isGroup) {
  if (messages.length === 0) return [{ key: 'intro', intro: true }];
  const items = [];
  let day;
  for (const message of messages) {
    const date = new Date(message.atMs).toDateString();
    if (date !== day) items.push({ key: `day ${date}`, dayMs: new Date(date).getTime() });
    day = date;
    const before = items.at(-1);
    if (message.album !== undefined && before?.messages?.[0].album === message.album) before.messages.push(message);
    else items.push({ key: message.id, messages: [message], mine: message.userId === personId });
  }
  for (const [index, item] of items.entries()) {
    if (item.messages === undefined) continue;
    const sender = item.messages[0].userId;
    item.showName =
      isGroup && (items[index - 1].messages === undefined || items[index - 1].messages[0].userId !== sender);
    const next = items[index + 1]?.messages;
    item.tailed = next === undefined || next[0].userId !== sender;
  }
  return items;
}

/** Updates the options of a select, and its value unless it has the focus. */
function showOptions(select, pairs, value) {
  const json = JSON.stringify(pairs);
  if (select.sourceJson !== json) {
    select.replaceChildren(...pairs.map(([key, text]) => element('option', { value: String(key) }, text)));
    select.sourceJson = json;
  }
  if (document.activeElement !== select || select.value === '') select.value = String(value);
}

/** The name of a language in that language; the code itself when it is unknown. */
function languageName(code) {
  try {
    return new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

const roleTexts = { free: 'free', premium: 'premium', admin: 'admin' };
const actionTexts = {
  typing: 'is typing',
  upload_photo: 'is sending a picture',
  record_video: 'is recording a video',
  upload_video: 'is sending a video',
  upload_document: 'is sending a file',
  upload_voice: 'is sending a voice message',
};
const actionShownMs = 5000;

/** One person's view of one chat; `onPlace` is called when another person or chat is chosen. */
export function createPane(personId, chatId, onPlace) {
  const where = { personId, chatId };
  const avatar = element('span', { class: 'avatar', 'aria-hidden': 'true' });
  const who = element('select', { 'aria-label': 'Who I am', onchange: () => become(Number(who.value)) });
  const place = element('select', { 'aria-label': 'Which chat', onchange: () => go(Number(place.value)) });
  const language = element('select', {
    'aria-label': 'My language',
    onchange: () => void act('language', { personId: where.personId, language: language.value }),
  });
  const log = element('ol', { class: 'log' });
  // A role on the list itself would take the list away from its items.
  const live = element('div', { class: 'live', role: 'log', 'aria-live': 'polite', 'aria-label': 'Messages' }, log);
  const scroller = element('div', { class: 'scroller', tabIndex: 0, 'aria-label': 'Chat', role: 'group' }, live);
  const action = element('p', { class: 'action', hidden: true, role: 'status' });
  const down = element('button', {
    type: 'button',
    class: 'down',
    hidden: true,
    'aria-label': 'To the latest message',
    onclick: () => scrollDown('smooth'),
  });
  down.textContent = '↓';
  const composer = createComposer({
    onSend: say,
    onStart: startWith,
    commands: publishedCommands,
    where: () => ({ ...where }),
  });
  const root = element(
    'article',
    { class: 'pane' },
    element('header', { class: 'pane-head' }, avatar, element('div', { class: 'pane-choices' }, who, place), language),
    element('div', { class: 'log-holder' }, scroller, down),
    action,
    composer.form,
  );
  let actionTimer;
  let latestBotMessageId = 0;
  let isFirstDraw = true;
  let follows = true;
  let lastTop = 0;

  scroller.addEventListener(
    'scroll',
    () => {
      // Content that grows must not stop the following of the end; only scrolling up does.
      if (isNearEnd()) follows = true;
      else if (scroller.scrollTop < lastTop) follows = false;
      lastTop = scroller.scrollTop;
      down.hidden = follows;
    },
    { passive: true },
  );
  // Pictures grow while they load: keep the end in view.
  new ResizeObserver(() => {
    if (follows) scrollDown();
  }).observe(log);

  function become(id) {
    const isPrivate = where.chatId === where.personId;
    where.personId = id;
    if (isPrivate) where.chatId = id;
    restart();
  }

  function go(id) {
    where.chatId = id;
    restart();
  }

  function restart() {
    isFirstDraw = true;
    follows = true;
    log.replaceChildren();
    clearAction();
    composer.clearExtras();
    onPlace();
    draw();
    composer.focus();
  }

  function me() {
    return (state.get('people') ?? []).find(({ id }) => id === where.personId);
  }

  function isGroup() {
    return where.chatId < 0;
  }

  /** What this person sees of the chat. */
  function section() {
    return isGroup() ? `chat ${where.chatId} ${where.personId}` : `chat ${where.chatId}`;
  }

  function publishedCommands() {
    const person = me();
    return (isGroup() ? person?.groupCommands : person?.commands) ?? [];
  }

  async function say(text, { replyTo, base64 } = {}) {
    scrollDown();
    if (base64 === undefined) await act('say', { ...where, text, replyTo });
    else await act('photo', { ...where, caption: text, base64, replyTo });
  }

  /** A link to the bot opens the private chat with it. */
  function startWith(parameter) {
    if (isGroup()) go(where.personId);
    void say(`/start ${parameter}`);
  }

  function draw() {
    drawHead();
    const messages = state.get(section()) ?? [];
    const handlers = {
      onPress: (messageId, data, button) => press(where, messageId, data, button),
      onPay: (invoice, button) => pay(where, invoice, button),
      onCommand: (command) => say(command),
      onReply: composer.replyTo,
    };
    reconcile(
      log,
      itemsOf(messages, where.personId, isGroup()),
      ({ key }) => key,
      (item, wasThere) => {
        if (item.intro) return introduction(() => say('/start'));
        if (item.dayMs !== undefined) return daySeparator(item.dayMs);
        return messageElement({ ...item, isNew: !isFirstDraw && !wasThere }, handlers);
      },
    );
    if (follows) scrollDown();
    const latest = messages.findLast(({ userId }) => userId === undefined)?.id ?? 0;
    if (latest > latestBotMessageId) clearAction();
    latestBotMessageId = latest;
    isFirstDraw = false;
  }

  function drawHead() {
    const people = state.get('people') ?? [];
    const settings = state.get('settings');
    const person = me();
    if (person === undefined || settings === undefined) return;
    setText(avatar, person.name.slice(0, 1));
    avatar.dataset.role = person.role;
    showOptions(
      who,
      people.map(({ id, name, role }) => [id, `${name} · ${roleTexts[role]}`]),
      where.personId,
    );
    showOptions(
      place,
      [
        [where.personId, 'With the bot'],
        [settings.group.id, `Group: ${settings.group.title}`],
      ],
      where.chatId,
    );
    showOptions(
      language,
      settings.languages.map((code) => [code, languageName(code)]),
      person.language,
    );
    composer.refresh();
    composer.setPlaceholder(isGroup() ? 'To the group' : 'Message');
  }

  function clearAction() {
    clearTimeout(actionTimer);
    action.hidden = true;
  }

  function isNearEnd() {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 90;
  }

  function scrollDown(behavior = 'instant') {
    follows = true;
    scroller.scrollTo({ top: scroller.scrollHeight, behavior });
  }

  return {
    root,
    focus: composer.focus,
    get personId() {
      return where.personId;
    },
    /** Who writes in which chat. */
    get place() {
      return { ...where };
    },
    concerns: (names) => names.has('people') || names.has('settings') || names.has(section()),
    draw,
    showAction: (event) => {
      if (event.chatId !== where.chatId) return;
      action.replaceChildren(`Darkroom ${actionTexts[event.action] ?? 'is busy'}`, dots());
      action.hidden = false;
      clearTimeout(actionTimer);
      actionTimer = setTimeout(clearAction, actionShownMs);
    },
  };
}

function introduction(onStart) {
  return element(
    'li',
    { class: 'intro' },
    element('span', { class: 'lamp large', 'aria-hidden': 'true' }),
    element('h2', {}, 'Darkroom'),
    element(
      'p',
      {},
      'Turns a sentence into a picture or a short video. This demo runs on your machine only: no account, no network.',
    ),
    element('button', { type: 'button', class: 'primary', onclick: onStart }, 'Start'),
  );
}

function dots() {
  return element('span', { class: 'dots', 'aria-hidden': 'true' }, element('i'), element('i'), element('i'));
}
