/** HTML that was built by us and is not escaped again. */
export class Safe {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

/** Marks HTML as ours; never hand it text that a person or a provider wrote. */
export function safe(html: string): Safe {
  return new Safe(html);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}

/** How many UTF-16 units Telegram counts: tags are gone and an entity is one sign. */
export function shownLength(html: string): number {
  return html.replaceAll(/<[^<>]*>/g, '').replaceAll(/&(?:amp|lt|gt|quot);/g, '&').length;
}
