/** A coded form shorter than this would be found in innocent text. */
const shortestCodedForm = 8;
/** The end of a long secret is hidden on its own too: other programs shorten keys to it. */
const endLength = 8;
const shortestWithEnd = 16;

/** The ways in which a secret may stand in a text: itself first, then coded for URLs, JSON, HTML, base64 and hex. */
export function secretForms(secret: string): readonly string[] {
  const url = encodeURIComponent(secret.toWellFormed());
  const strictUrl = url.replace(/[!'()*]/g, percentCode);
  const json = JSON.stringify(secret).slice(1, -1);
  const hex = Buffer.from(secret).toString('hex');
  const percents = hex.replace(/../g, '%$&');
  const coded = [
    ...[
      url,
      strictUrl,
      new URLSearchParams({ '': secret }).toString().slice(1),
      encodeURI(secret.toWellFormed()),
    ].flatMap(bothCases),
    ...bothCases(encodeURIComponent(url)),
    json,
    JSON.stringify(json).slice(1, -1),
    htmlCoded(secret),
    hex,
    hex.toUpperCase(),
    percents,
    percents.toUpperCase(),
    ...base64Forms(secret),
    ...(secret.length >= shortestWithEnd ? [secret.slice(-endLength)] : []),
  ];
  return [secret, ...coded.filter((form) => form.length >= shortestCodedForm)];
}

function percentCode(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}

function bothCases(url: string): readonly string[] {
  return [url, url.replace(/%(?:25)?[0-9A-F]{2}/g, (code) => code.toLowerCase())];
}

function htmlCoded(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Base64 of the secret alone, and the letters that stay the same when it begins at any place of something longer. */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const alone = bytes.toString('base64');
  const inside = [0, 1, 2].map((before) => {
    const coded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return coded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forms = [alone, alone.replace(/={1,2}$/, ''), ...inside];
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}
