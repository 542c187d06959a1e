import type { Tones } from '../colours.ts';

export function house({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M68 12h10v24H68Z" fill="${dark}"/>
  <rect x="16" y="44" width="68" height="56" fill="${light}"/>
  <path d="M50 8L94 48H6Z" fill="${main}"/><path d="M6 48h88v4H6Z" fill="${dark}"/>
  <path d="M43 100V76a7 7 0 0 1 14 0v24Z" fill="${dark}"/><circle cx="54" cy="88" r="1.2" fill="#f3d27a"/>
  <g fill="#ffe08a" stroke="${ink}" stroke-width="1.6">
    <rect x="22" y="62" width="15" height="15"/><rect x="63" y="62" width="15" height="15"/><circle cx="50" cy="34" r="6"/>
  </g>
  <path d="M29.5 62v15M22 69.5h15M70.5 62v15M63 69.5h15" stroke="${ink}" stroke-width="1.2"/>`;
}

export function lighthouse({ main, dark, ink }: Tones): string {
  return `
  <path d="M50 17L-14 2V30ZM50 17L114 2V30Z" fill="#fff3b0" opacity=".55"/>
  <path d="M12 100C20 86 34 92 42 88C54 84 78 88 88 100Z" fill="#6d665f"/><path d="M20 100C28 94 40 96 46 100Z" fill="#857d74"/>
  <path d="M40 28H60L67 92H33Z" fill="#fdfaf3"/><path d="M53 28H60L67 92H56Z" fill="#000" opacity=".1"/>
  <path d="M38.7 40H61.300L62.8 54H37.200ZM35.6 68H64.400L65.9 82H34.100Z" fill="${main}"/>
  <rect x="35" y="24" width="30" height="5" rx="1.5" fill="${dark}"/>
  <rect x="42" y="11" width="16" height="13" fill="#ffe58a" stroke="${ink}" stroke-width="1.6"/><path d="M50 11v13" stroke="${ink}" stroke-width="1.2"/>
  <path d="M38 11L50 1L62 11Z" fill="${main}"/><circle cx="50" cy="1" r="1.8" fill="${dark}"/>
  <path d="M46 92V84a4 4 0 0 1 8 0v8Z" fill="${ink}"/><rect x="47" y="57" width="6" height="8" rx="3" fill="${ink}"/>`;
}

export function castle({ main, dark, light, ink }: Tones): string {
  const tower = (x: number, top: number, width: number) => `
  <rect x="${x}" y="${top}" width="${width}" height="${100 - top}" fill="${light}"/>
  <rect x="${x + width * 0.62}" y="${top}" width="${width * 0.38}" height="${100 - top}" fill="#000" opacity=".1"/>
  <path d="M${x - 3} ${top}L${x + width / 2} ${top - 24}L${x + width + 3} ${top}Z" fill="${main}"/>
  <path d="M${x + width / 2} ${top - 24}v-10" stroke="${ink}" stroke-width="1.4"/>
  <path d="M${x + width / 2} ${top - 34}l10 3.500l-10 3.500Z" fill="${dark}"/>
  <path d="M${x + width / 2 - 3} ${top + 18}v-7a3 3 0 0 1 6 0v7Z" fill="${ink}"/>`;
  const battlement = Array.from(
    { length: 5 },
    (_, index) => `<rect x="${25 + index * 11}" y="54" width="6" height="7"/>`,
  );
  return `
  ${tower(38, 40, 24)}
  <g fill="${light}"><rect x="22" y="60" width="56" height="40"/>${battlement.join('')}</g>
  ${tower(6, 50, 20)}${tower(74, 50, 20)}
  <path d="M40 100V82a10 10 0 0 1 20 0v18Z" fill="${dark}"/>
  <path d="M46 74v26M50 72v28M54 74v26M40 84h20M40 92h20" stroke="${ink}" stroke-width=".9"/>`;
}

export function windmill({ main, dark, light, ink }: Tones): string {
  const sails = [20, 110, 200, 290]
    .map(
      (turn) =>
        `<g transform="rotate(${turn} 50 36)"><path d="M50 36V-4" stroke="${ink}" stroke-width="2"/><path d="M51 26H62V-4H51Z" fill="#fdfaf3" stroke="${ink}" stroke-width="1"/><path d="M51 16H62M51 6H62" stroke="${ink}" stroke-width=".8"/></g>`,
    )
    .join('');
  return `
  <path d="M38 38H62L72 100H28Z" fill="${light}"/><path d="M54 38H62L72 100H60Z" fill="#000" opacity=".1"/>
  <path d="M34 40C36 24 64 24 66 40Z" fill="${main}"/>
  <path d="M44 100V86a6 6 0 0 1 12 0v14Z" fill="${dark}"/><rect x="45" y="56" width="10" height="10" fill="#ffe08a" stroke="${ink}" stroke-width="1.4"/>
  ${sails}<circle cx="50" cy="36" r="3.6" fill="${dark}"/>`;
}
