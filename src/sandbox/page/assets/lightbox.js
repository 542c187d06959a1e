import { element } from './dom.js';

const box = document.querySelector('#lightbox');
box.addEventListener('click', () => box.close());

/** Shows a picture as large as the window allows; Escape or a click closes it. */
export function showPicture(url, label) {
  box.replaceChildren(
    element('img', { src: url, alt: label }),
    element('button', { type: 'button', class: 'quiet', 'aria-label': 'Close' }, '✕'),
  );
  box.showModal();
}
