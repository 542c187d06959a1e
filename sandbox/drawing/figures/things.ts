import type { Tones } from '../colours.ts';

export function tree({ main, dark, light }: Tones): string {
  return `
  <path d="M44 100C47 84 46 72 42 60L50 64L58 58C54 74 54 86 58 100Z" fill="#6b4a35"/>
  <circle cx="30" cy="52" r="20" fill="${dark}"/><circle cx="70" cy="52" r="20" fill="${dark}"/>
  <circle cx="50" cy="50" r="24" fill="${main}"/><circle cx="34" cy="34" r="19" fill="${main}"/>
  <circle cx="66" cy="34" r="19" fill="${main}"/><circle cx="50" cy="20" r="19" fill="${main}"/>
  <circle cx="42" cy="18" r="8" fill="${light}" opacity=".45"/><circle cx="28" cy="36" r="7" fill="${light}" opacity=".35"/>
  <circle cx="60" cy="40" r="9" fill="${light}" opacity=".3"/>`;
}

export function flower({ main, dark, light }: Tones): string {
  const petals = Array.from({ length: 8 }, (_, index) => {
    const fill = index % 2 === 0 ? main : dark;
    return `<ellipse cx="50" cy="16" rx="9" ry="16" fill="${fill}" transform="rotate(${index * 45} 50 34)"/>`;
  }).join('');
  return `
  <path d="M50 40C46 62 54 80 50 100" stroke="#3e7d45" stroke-width="4" fill="none"/>
  <path d="M50 78C34 78 26 68 24 58C40 58 48 66 50 78ZM51 86C66 84 74 76 76 64C60 66 52 74 51 86Z" fill="#4f9a57"/>
  ${petals}
  <circle cx="50" cy="34" r="10" fill="#f2c14e"/><circle cx="47" cy="31" r="4" fill="${light}" opacity=".7"/>`;
}

export function heart({ main, dark, light }: Tones): string {
  return `
  <path d="M50 94C14 66 4 46 8 28C14 6 42 8 50 28C58 8 86 6 92 28C96 46 86 66 50 94Z" fill="${main}"/>
  <path d="M50 94C86 66 96 46 92 28C90 20 84 14 78 13C88 40 74 68 50 94Z" fill="${dark}"/>
  <ellipse cx="27" cy="29" rx="8" ry="12" fill="${light}" opacity=".8" transform="rotate(32 27 29)"/>`;
}

export function umbrella({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M50 4V86C50 96 62 96 62 87" stroke="${ink}" stroke-width="3.4" fill="none" stroke-linecap="round"/>
  <path d="M4 52C6 24 26 10 50 10C74 10 94 24 96 52C88 44 78 44 72 52C66 44 56 44 50 52C44 44 34 44 28 52C22 44 12 44 4 52Z" fill="${main}"/>
  <path d="M50 10C38 18 30 34 28 52C34 44 44 44 50 52ZM50 10C62 18 70 34 72 52C78 44 88 44 96 52C94 24 74 10 50 10Z" fill="${dark}" opacity=".55"/>
  <path d="M22 26C28 20 34 17 40 15" stroke="${light}" stroke-width="3" fill="none" stroke-linecap="round" opacity=".7"/>`;
}

export function cup({ main, dark, light }: Tones): string {
  return `
  <path d="M34 34C28 26 40 20 34 10M50 32C44 24 56 18 50 6M66 34C60 26 72 20 66 10" stroke="#fff" stroke-width="3.4" fill="none" stroke-linecap="round" opacity=".8"/>
  <ellipse cx="48" cy="94" rx="44" ry="6" fill="${light}"/><ellipse cx="48" cy="92.5" rx="30" ry="3" fill="${dark}" opacity=".4"/>
  <path d="M80 52C98 50 98 76 74 76" stroke="${main}" stroke-width="6" fill="none"/>
  <path d="M14 44H82C82 72 72 90 60 92H36C24 90 14 72 14 44Z" fill="${main}"/><path d="M66 46H82C82 72 72 90 60 92H52C62 82 66 66 66 46Z" fill="${dark}" opacity=".6"/>
  <ellipse cx="48" cy="44" rx="34" ry="7" fill="${light}"/><ellipse cx="48" cy="45" rx="29" ry="5" fill="#5a3520"/>`;
}

export function mushroom({ main, dark, light }: Tones): string {
  return `
  <path d="M40 50H60C58 68 62 84 66 98H34C38 84 42 68 40 50Z" fill="#f6ecd8"/><path d="M53 50H60C58 68 62 84 66 98H56C54 84 55 68 53 50Z" fill="#000" opacity=".09"/>
  <path d="M4 52C6 22 26 6 50 6C74 6 94 22 96 52C80 60 20 60 4 52Z" fill="${main}"/><path d="M4 52C20 60 80 60 96 52C90 62 10 62 4 52Z" fill="${dark}"/>
  <g fill="${light}"><ellipse cx="36" cy="24" rx="8" ry="6"/><ellipse cx="64" cy="30" rx="9" ry="7"/><ellipse cx="20" cy="44" rx="6" ry="4.5"/><ellipse cx="44" cy="45" rx="7" ry="4.5"/><ellipse cx="80" cy="47" rx="6" ry="4"/><ellipse cx="54" cy="13" rx="5" ry="3"/></g>
  <path d="M36 66C44 72 56 72 63 66L64 72C56 77 44 77 36 72Z" fill="#e3d3b4"/>`;
}

export function apple({ main, dark, light }: Tones): string {
  return `
  <path d="M50 26C50 16 54 8 60 4" stroke="#5b4026" stroke-width="4" fill="none" stroke-linecap="round"/><path d="M56 16C62 2 80 2 86 8C82 20 68 24 56 16Z" fill="#5a9f4e"/>
  <path d="M50 26C66 14 94 22 92 54C90 80 74 100 60 98C54 96 46 96 40 98C26 100 10 80 8 54C6 22 34 14 50 26Z" fill="${main}"/>
  <path d="M76 24C96 34 94 84 60 98C78 84 84 54 76 24Z" fill="${dark}" opacity=".7"/><path d="M40 26C46 32 54 32 60 26" stroke="${dark}" stroke-width="3" fill="none" stroke-linecap="round"/>
  <ellipse cx="26" cy="44" rx="7" ry="12" fill="${light}" opacity=".75" transform="rotate(18 26 44)"/>`;
}

/** A five-pointed star as children draw it. */
export function star({ main, dark, light }: Tones): string {
  return `
  <path d="M50 4L62.5 36L97 38L70 60L79 94L50 75L21 94L30 60L3 38L37.5 36Z" fill="${main}"/>
  <path d="M50 4L62.5 36L97 38L50 54ZM50 54L70 60L79 94L50 75ZM50 54L21 94L30 60L3 38Z" fill="${dark}" opacity=".35"/>
  <path d="M44 34L50 18" stroke="${light}" stroke-width="4" stroke-linecap="round"/>`;
}

export function cake({ main, dark, light }: Tones): string {
  const candles = [30, 50, 70]
    .map(
      (x) =>
        `<rect x="${x - 2}" y="26" width="4" height="16" fill="${light}"/><path d="M${x} 12C${x + 5} 18 ${x + 4} 25 ${x} 25C${x - 4} 25 ${x - 5} 18 ${x} 12Z" fill="#f7a531"/>`,
    )
    .join('');
  return `
  <ellipse cx="50" cy="94" rx="48" ry="6" fill="#e9edf2"/>${candles}
  <path d="M10 50C10 44 90 44 90 50V90C90 96 10 96 10 90Z" fill="${main}"/><path d="M10 68H90V76C80 80 20 80 10 76Z" fill="${dark}"/>
  <path d="M10 48C10 40 90 40 90 48V56C86 66 80 60 76 58C72 66 64 70 60 60C54 58 50 74 44 62C38 56 34 68 28 64C22 58 16 66 10 58Z" fill="${light}"/>`;
}

export function guitar({ main, dark, light, ink }: Tones): string {
  return `<g transform="rotate(24 50 56)">
  <path d="M46 2H54V54H46Z" fill="#6b4a35"/><path d="M43 -8H57V6H43Z" fill="${dark}"/><path d="M42 -5h-3M42 1h-3M58 -5h3M58 1h3" stroke="#c9ccd1" stroke-width="2.4"/>
  <path d="M50 42C66 40 70 52 65 60C74 66 80 78 74 88C66 100 34 100 26 88C20 78 26 66 35 60C30 52 34 40 50 42Z" fill="${main}" stroke="${dark}" stroke-width="2"/>
  <circle cx="50" cy="66" r="9" fill="${ink}"/><circle cx="50" cy="66" r="10.5" fill="none" stroke="${light}" stroke-width="1.4"/><path d="M40 84H60V88H40Z" fill="${ink}"/>
  <path d="M48 -4V85M50 -4V85M52 -4V85" stroke="#f4f0e6" stroke-width=".6"/></g>`;
}

export function book({ main, dark, light, ink }: Tones): string {
  const lines = [44, 52, 60, 68]
    .map((y) => `<path d="M14 ${y}C24 ${y - 5} 36 ${y - 4} 45 ${y + 1}M86 ${y}C76 ${y - 5} 64 ${y - 4} 55 ${y + 1}"/>`)
    .join('');
  return `
  <path d="M2 34H98V92H56L50 97L44 92H2Z" fill="${main}"/><path d="M2 86H98V92H56L50 97L44 92H2Z" fill="${dark}"/>
  <path d="M50 38C40 28 20 26 6 32V84C20 79 40 80 50 90Z" fill="#fdf8ec"/><path d="M50 38C60 28 80 26 94 32V84C80 79 60 80 50 90Z" fill="${light}"/>
  <g stroke="${ink}" stroke-width="1.2" fill="none" opacity=".6">${lines}</g><path d="M50 38V90" stroke="${ink}" stroke-width="1.2"/>`;
}

export function ghost({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M16 96C20 70 12 56 18 36C24 14 38 4 50 4C62 4 76 14 82 36C88 56 80 70 84 96C76 102 72 88 66 92C60 98 56 102 50 92C44 102 40 98 34 92C28 88 24 102 16 96Z" fill="${light}"/>
  <path d="M62 8C80 18 84 44 80 62C78 76 82 88 84 96C78 100 74 92 70 91C76 70 78 30 62 8Z" fill="${main}" opacity=".5"/>
  <ellipse cx="39" cy="36" rx="6" ry="8" fill="${ink}"/><ellipse cx="61" cy="36" rx="6" ry="8" fill="${ink}"/><circle cx="41" cy="33" r="2" fill="#fff"/><circle cx="63" cy="33" r="2" fill="#fff"/>
  <ellipse cx="50" cy="54" rx="6" ry="8" fill="${dark}"/>`;
}
