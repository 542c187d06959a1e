import { element } from './dom.js';
import { richText } from './rich-text.js';
import { state } from './server.js';

const lightbox = document.querySelector('#lightbox');
lightbox.addEventListener('click', () => lightbox.close());

/** Shows a picture as large as the window allows; Escape or a click closes it. */
function showPicture(url, label) {
  lightbox.replaceChildren(
    element('img', { src: url, alt: label }),
    element('button', { type: 'button', class: 'quiet', 'aria-label': 'Close' }, '✕'),
  );
  lightbox.showModal();
}

const timeFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

/** One message, or one album, as a list item: a bubble with media, text and time, and below it the buttons. */
export function messageElement({ messages, tailed, mine, showName, isNew }, { onPress, onPay, onCommand, onReply }) {
  const [head] = messages;
  const last = messages.at(-1);
  const name = nameOf(head.userId);
  const files = messages.filter(({ file }) => file !== undefined);
  const words = (messages.find((message) => message.words.length > 0) ?? head).words;
  const bubble = element(
    'div',
    { class: `bubble${files.length > 0 ? ' with-media' : ''}${words.length === 0 ? ' no-words' : ''}` },
    showName && !mine ? element('p', { class: `sender tint-${tintOf(head.userId)}` }, name) : undefined,
    head.replyTo === undefined
      ? undefined
      : element(
          'p',
          { class: 'reply' },
          element('b', {}, nameOf(head.replyTo.userId)),
          element('span', {}, head.replyTo.text),
        ),
    files.length === 0 ? undefined : media(files),
    words.length === 0 ? undefined : element('div', { class: 'words', dir: 'auto' }, ...richText(words, onCommand)),
    element(
      'p',
      { class: 'meta' },
      replyButton(head, name, mine, plainText(words), onReply),
      messages.some(({ edited }) => edited) && !mine ? element('span', {}, 'edited ') : undefined,
      element('time', { dateTime: new Date(last.atMs).toISOString() }, timeFormat.format(last.atMs)),
    ),
    last.reaction === undefined ? undefined : element('span', { class: 'reaction' }, last.reaction),
  );
  return element(
    'li',
    { class: `message ${mine ? 'mine' : 'theirs'}${tailed ? ' tailed' : ''}${isNew ? ' new' : ''}` },
    element('span', { class: 'hidden' }, mine ? 'You: ' : `${name}: `),
    bubble,
    head.stars === undefined ? undefined : payRow(head, onPay),
    head.buttons.length === 0 ? undefined : keyboard(head, onPress, onPay),
  );
}

/** Shown while the message is pointed at or has the focus, and always where nothing can be pointed with. */
function replyButton(message, name, mine, words, onReply) {
  const excerpt = words || (message.file === undefined ? 'Message' : 'Photo');
  return element(
    'button',
    {
      type: 'button',
      class: 'reply-to',
      'aria-label': `Reply to ${mine ? 'yourself' : name}`,
      onclick: () => onReply({ id: message.id, name, excerpt }),
    },
    '↩ Reply',
  );
}

/** Telegram puts this button under an invoice by itself. */
function payRow({ id, stars }, onPay) {
  return element(
    'div',
    { class: 'keyboard' },
    element('div', { class: 'row' }, payButton(`Pay ⭐ ${stars}`, id, onPay)),
  );
}

function payButton(text, invoice, onPay) {
  return element(
    'button',
    {
      type: 'button',
      class: 'pay',
      dir: 'auto',
      title: 'Pays with play Stars',
      onclick: ({ currentTarget }) => onPay(invoice, currentTarget),
    },
    text,
  );
}

/** An invoice link is paid here; no other address of a button is anything but a link. */
const invoiceLink = /^https:\/\/t\.me\/\$/;

function colourOf(style) {
  return style === undefined ? undefined : `tint-${style}`;
}

function keyboard(message, onPress, onPay) {
  return element(
    'div',
    { class: 'keyboard' },
    ...message.buttons.map((row) =>
      element(
        'div',
        { class: 'row' },
        ...row.map(({ text, data, url, copy, style }) => {
          if (copy !== undefined) {
            const onclick = () => void navigator.clipboard.writeText(copy);
            return element('button', { type: 'button', class: colourOf(style), dir: 'auto', onclick }, `${text} ⧉`);
          }
          if (invoiceLink.test(url ?? '')) return payButton(text, url, onPay);
          if (url !== undefined) {
            return element(
              'a',
              { href: url, class: colourOf(style), target: '_blank', rel: 'noopener noreferrer' },
              `${text} ↗`,
            );
          }
          return element(
            'button',
            {
              type: 'button',
              class: colourOf(style),
              dir: 'auto',
              disabled: data === undefined,
              onclick: ({ currentTarget }) => onPress(message.id, data, currentTarget),
            },
            text,
          );
        }),
      ),
    ),
  );
}

function media(messages) {
  return element(
    'div',
    { class: messages.length > 1 ? `album of-${Math.min(messages.length, 4)}` : 'single' },
    ...messages.map(({ file, words }) => mediaElement(file, plainText(words))),
  );
}

function mediaElement(file, words) {
  const { kind, url, name, bytes, width, height } = file;
  const size = width > 0 && height > 0 ? { width, height } : {};
  const label = words === '' ? name : words;
  if (kind === 'photo') {
    return element(
      'button',
      {
        type: 'button',
        class: 'picture',
        'aria-label': `Picture: ${label}. Look closer`,
        onclick: () => showPicture(url, label),
      },
      element('img', { src: url, alt: label, decoding: 'async', ...size }),
    );
  }
  if (kind === 'video' || kind === 'animation') {
    const loops = kind === 'animation' ? { loop: true, autoplay: true } : {};
    return element('video', {
      src: url,
      controls: true,
      muted: true,
      playsInline: true,
      preload: 'metadata',
      'aria-label': label,
      ...loops,
      ...size,
    });
  }
  if (kind === 'audio' || kind === 'voice') return element('audio', { src: url, controls: true, 'aria-label': label });
  return element(
    'a',
    { class: 'file', href: url, download: name },
    element('span', { class: 'file-mark', 'aria-hidden': 'true' }, '↓'),
    element('span', {}, element('b', {}, name), element('small', {}, `${Math.max(1, Math.round(bytes / 1000))} kB`)),
  );
}

/** The list item with the date above the messages of a day. */
export function daySeparator(atMs) {
  return element('li', { class: 'day' }, element('span', {}, dayWords(atMs)));
}

function dayWords(atMs) {
  const today = new Date().toDateString();
  return new Date(atMs).toDateString() === today ? 'Today' : dayFormat.format(atMs);
}

function plainText(nodes) {
  const words = nodes.map((node) => (typeof node === 'string' ? node : plainText(node.children))).join('');
  return words.split('\n')[0].slice(0, 120);
}

function nameOf(userId) {
  if (userId === undefined) return 'Darkroom';
  return (state.get('people') ?? []).find(({ id }) => id === userId)?.name ?? 'Someone';
}

function tintOf(userId) {
  return userId === undefined ? 'bot' : userId % 4;
}
