/* These functions are sent to the browser as text; they use nothing outside themselves. */

/** By how many pixels the page is wider than the window, and which elements stick out of it. */
export function overflow() {
  const { documentElement: html } = document;
  const elements = [...document.querySelectorAll('body *')].filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    const isScrolled = element.closest('.event-log, .keys select, .hidden, .commands') !== null;
    return width > 0 && !isScrolled && (left < -1 || right > html.clientWidth + 1);
  });
  return {
    pixels: html.scrollWidth - html.clientWidth,
    elements: elements.map(({ tagName, className }) => `${tagName}.${className}`).slice(0, 5),
  };
}

/** The controls of the page that something else covers, that stick out of their pane, or whose words are cut off. */
export function coveredControls() {
  const shown = [...document.querySelectorAll('.top button, .pane-head select, .composer button, .composer textarea')]
    .map((control) => ({ control, box: control.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0);
  const isHit = ({ control, box }) => {
    const hit = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    return hit !== null && control.contains(hit);
  };
  const isInside = ({ control, box }) => {
    const room = (control.closest('.pane') ?? document.documentElement).getBoundingClientRect();
    return box.left >= room.left - 0.5 && box.right <= room.right + 0.5;
  };
  const isWhole = ({ control }) => !control.matches('button') || control.scrollWidth <= control.clientWidth;
  const meets = ({ box: one }, { box: other }) =>
    one.left < other.right - 1 &&
    other.left < one.right - 1 &&
    one.top < other.bottom - 1 &&
    other.top < one.bottom - 1;
  return shown
    .filter((one) => {
      const isFree = shown.every((other) => other === one || !meets(one, other));
      return !(isHit(one) && isInside(one) && isWhole(one) && isFree);
    })
    .map(({ control }) => control.getAttribute('aria-label') ?? control.textContent);
}

/** List items outside a list, lists with other children, and lists whose role takes the items away. */
export function brokenLists() {
  const items = [...document.querySelectorAll('li')].filter((item) => {
    const parent = item.parentElement;
    const role = parent?.getAttribute('role');
    const isOption = role === 'listbox' && item.getAttribute('role') === 'option';
    return !(parent?.matches('ol, ul') === true && (role === null || role === 'list' || isOption));
  });
  const lists = [...document.querySelectorAll('ol > :not(li), ul > :not(li)')];
  return [...items, ...lists].map(({ outerHTML }) => outerHTML.slice(0, 90));
}

/**
 * The contrast of each text on the page with what lies behind it, weakest first. Of a gradient, the colour with the
 * weakest contrast counts.
 */
export function contrasts() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (canvas === null) throw new Error('Cannot read colours: there is no canvas');
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  /** All colours that can lie behind an element. */
  const behind = (element) => {
    if (element === null) return [[255, 255, 255, 1]];
    const { backgroundColor, backgroundImage } = getComputedStyle(element);
    const own = rgba(backgroundColor);
    const base = own[3] === 1 ? [own] : behind(element.parentElement).map((below) => over(own, below));
    const stops = backgroundImage.match(/(?:rgba?|color|oklab|oklch|hsla?)\([^()]*\)/g) ?? [];
    return [...base, ...stops.flatMap((stop) => base.map((below) => over(rgba(stop), below)))];
  };
  const seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() !== null) {
    const words = walker.currentNode.textContent?.trim() ?? '';
    const element = walker.currentNode.parentElement;
    if (words === '' || element === null || element.closest('.hidden, option, script, noscript, .spoiler') !== null)
      continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const colour = rgba(getComputedStyle(element).color);
    const weakest = Math.min(...behind(element).map((below) => ratio(over(colour, below), below)));
    seen.push({
      ratio: Math.round(weakest * 100) / 100,
      words: `${element.className || element.tagName}: ${words.slice(0, 40)}`,
    });
  }
  for (const field of document.querySelectorAll('textarea')) {
    const colour = rgba(getComputedStyle(field, '::placeholder').color);
    const weakest = Math.min(...behind(field).map((below) => ratio(over(colour, below), below)));
    seen.push({ ratio: Math.round(weakest * 100) / 100, words: 'placeholder' });
  }
  return seen.sort((one, other) => one.ratio - other.ratio);
}

/** The words on buttons under messages that are written on two lines. */
export function brokenWords() {
  const broken = [];
  for (const button of document.querySelectorAll('.keyboard button, .keyboard a')) {
    const walker = document.createTreeWalker(button, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      for (const { index, 0: word } of node.data.matchAll(/[\p{L}\p{N}]+/gu)) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) broken.push(word);
      }
    }
  }
  return broken;
}
