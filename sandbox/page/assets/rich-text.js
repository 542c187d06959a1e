import { element } from './dom.js';

const commandPattern = /(?<![\w/<>])\/[a-z][a-z0-9_]{0,31}(?![\w/<>])/g;

/** Returns the elements for a tree of formatted text; `onCommand` gets a command that was clicked. */
export function richText(nodes, onCommand, isCode = false) {
  return nodes.flatMap((node) => {
    if (typeof node === 'string') return isCode ? [node] : wordsWithCommands(node, onCommand);
    return [richElement(node, richText(node.children, onCommand, isCode || ['code', 'pre', 'a'].includes(node.tag)))];
  });
}

/** A moment as a client shows it: in the reader's own zone; `r` says how long ago or how soon. */
function moment(unix, format) {
  const show = () => {
    if (format !== 'r') return new Date(unix * 1000).toLocaleTimeString(undefined, { timeStyle: 'short' });
    const seconds = Math.round(unix - Date.now() / 1000);
    const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
    return Math.abs(seconds) < 90
      ? relative.format(seconds, 'second')
      : relative.format(Math.round(seconds / 60), 'minute');
  };
  const time = element('time', { class: 'moment', dateTime: new Date(unix * 1000).toISOString() }, show());
  const timer =
    format === 'r'
      ? setInterval(() => (time.isConnected ? (time.textContent = show()) : clearInterval(timer)), 1000)
      : 0;
  return time;
}

function richElement({ tag, href, expandable, unix, format }, children) {
  if (tag === 'tg-time') return moment(unix, format);
  if (tag === 'tg-spoiler') return spoiler(children);
  if (tag === 'blockquote' && expandable) return expandableQuote(children);
  if (tag === 'a') return element('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...children);
  const known = ['b', 'i', 'u', 's', 'code', 'pre', 'blockquote'].includes(tag) ? tag : 'span';
  return element(known, {}, ...children);
}

function spoiler(children) {
  const hidden = element('span', { class: 'spoiler-words', 'aria-hidden': 'true' }, ...children);
  return element(
    'button',
    {
      type: 'button',
      class: 'spoiler',
      'aria-label': 'Hidden words, press to read',
      onclick: ({ currentTarget }) => {
        currentTarget.replaceWith(...hidden.childNodes);
      },
    },
    hidden,
  );
}

function expandableQuote(children) {
  const quote = element('blockquote', { class: 'expandable' }, ...children);
  const toggle = element('button', { type: 'button', class: 'expand', 'aria-expanded': 'false' }, 'more');
  toggle.addEventListener('click', () => {
    const open = quote.classList.toggle('open');
    toggle.setAttribute('aria-expanded', String(open));
    toggle.textContent = open ? 'less' : 'more';
  });
  const holder = element('div', { class: 'quote-holder' }, quote, toggle);
  requestAnimationFrame(() => {
    if (quote.scrollHeight <= quote.clientHeight + 2) toggle.remove();
  });
  return holder;
}

function wordsWithCommands(text, onCommand) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(commandPattern)) {
    if (match.index > from) parts.push(text.slice(from, match.index));
    const [command] = match;
    parts.push(
      element('button', { type: 'button', class: 'command', dir: 'ltr', onclick: () => onCommand(command) }, command),
    );
    from = match.index + command.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}
