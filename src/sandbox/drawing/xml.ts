const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}

/** A coordinate as it stands in an SVG: two decimals at most. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
