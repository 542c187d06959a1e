import { element } from './dom.js';

const maxPhotoBytes = 10_000_000;

/**
 * What a message carries besides its words: the message it replies to and a photo. Each is shown above the field as long
 * as it is set, and can be taken away again.
 */
export function createExtras({ onChange, onProblem }) {
  let reply;
  let photo;
  const root = element('div', { class: 'extras', hidden: true });
  const picker = element('input', {
    type: 'file',
    accept: 'image/png,image/jpeg,image/webp',
    hidden: true,
    onchange: () => void pick(),
  });
  const attach = element(
    'button',
    { type: 'button', class: 'attach', 'aria-label': 'Send a photo', onclick: () => picker.click() },
    '+',
  );

  async function pick() {
    const [file] = picker.files;
    picker.value = '';
    if (file === undefined) return;
    if (file.size > maxPhotoBytes) return onProblem('This photo is larger than 10 MB, the most that Telegram takes.');
    photo = { name: file.name, base64: await base64Of(file) };
    show();
  }

  function show() {
    root.replaceChildren(
      ...(reply === undefined ? [] : [chip(`Reply to ${reply.name}`, reply.excerpt, () => (reply = undefined))]),
      ...(photo === undefined ? [] : [chip('Photo', photo.name, () => (photo = undefined))]),
    );
    root.hidden = reply === undefined && photo === undefined;
    onChange();
  }

  function chip(title, words, remove) {
    return element(
      'p',
      { class: 'extra' },
      element('b', {}, title),
      element('span', {}, words),
      element(
        'button',
        {
          type: 'button',
          'aria-label': `Remove: ${title}`,
          onclick: () => {
            remove();
            show();
          },
        },
        '✕',
      ),
    );
  }

  return {
    root,
    picker,
    attach,
    get hasPhoto() {
      return photo !== undefined;
    },
    replyTo: (message) => {
      reply = message;
      show();
    },
    /** Returns what is set, and sets it back. */
    take: () => {
      const taken = { replyTo: reply?.id, base64: photo?.base64 };
      clear();
      return taken;
    },
    clear,
  };

  function clear() {
    reply = undefined;
    photo = undefined;
    show();
  }
}

async function base64Of(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCodePoint(byte);
  return btoa(text);
}
