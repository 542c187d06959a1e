import type { Tones } from '../colours.ts';

const eyes = (left: number, right: number, y: number, size: number, ink: string) =>
  [left, right]
    .map(
      (x) =>
        `<circle cx="${x}" cy="${y}" r="${size}" fill="${ink}"/>` +
        `<circle cx="${x + size * 0.35}" cy="${y - size * 0.4}" r="${size * 0.34}" fill="#fff"/>`,
    )
    .join('');

const paws = (fill: string, ink: string) => `
  <ellipse cx="41" cy="96" rx="8" ry="4.5" fill="${fill}"/><ellipse cx="59" cy="96" rx="8" ry="4.5" fill="${fill}"/>
  <path d="M39 94v4M43 94v4M57 94v4M61 94v4" stroke="${ink}" stroke-width=".8" opacity=".45"/>`;

export function fox({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M60 97C92 102 106 72 92 46C90 62 78 68 64 80Z" fill="${main}"/>
  <path d="M92 46C82 55 83 64 89 71C97 64 96 54 92 46Z" fill="${light}"/>
  <path d="M27 98C23 70 34 50 50 50C66 50 77 70 73 98Z" fill="${main}"/>
  <path d="M39 98C34 78 42 60 50 60C58 60 66 78 61 98Z" fill="${light}"/>
  <path d="M25 34L21 2L46 20ZM75 34L79 2L54 20Z" fill="${main}"/>
  <path d="M27 27L25 10L38 20ZM73 27L75 10L62 20Z" fill="${dark}"/>
  <path d="M18 37C20 21 34 14 50 14C66 14 80 21 82 37C78 47 62 56 50 63C38 56 22 47 18 37Z" fill="${main}"/>
  <path d="M18 37C31 33 46 41 50 63C38 57 22 47 18 37ZM82 37C69 33 54 41 50 63C62 57 78 47 82 37Z" fill="${light}"/>
  ${eyes(38, 62, 37, 3.6, ink)}
  <ellipse cx="50" cy="59.5" rx="4.4" ry="3.4" fill="${ink}"/>
  ${paws(dark, ink)}`;
}

export function cat({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M68 94C96 96 98 66 84 60" stroke="${main}" stroke-width="8" stroke-linecap="round" fill="none"/>
  <path d="M28 98C22 74 34 52 50 52C66 52 78 74 72 98Z" fill="${main}"/>
  <path d="M40 98C36 82 42 66 50 66C58 66 64 82 60 98Z" fill="${light}"/>
  <path d="M24 36L24 6L46 20ZM76 36L76 6L54 20Z" fill="${main}"/>
  <path d="M28 27L28 14L38 20ZM72 27L72 14L62 20Z" fill="#e9a4a0"/>
  <ellipse cx="50" cy="38" rx="29" ry="24" fill="${main}"/>
  <path d="M50 14v9M42 15l2 8M58 15l-2 8" stroke="${dark}" stroke-width="3" stroke-linecap="round"/>
  <path d="M21 40h9M21 46l9-1M79 40h-9M79 46l-9-1" stroke="${dark}" stroke-width="2" stroke-linecap="round"/>
  <ellipse cx="50" cy="50" rx="13" ry="9" fill="${light}"/>
  <ellipse cx="38" cy="37" rx="6" ry="6.6" fill="#f4e7a1"/><ellipse cx="62" cy="37" rx="6" ry="6.6" fill="#f4e7a1"/>
  <ellipse cx="38" cy="37" rx="2.4" ry="6" fill="${ink}"/><ellipse cx="62" cy="37" rx="2.4" ry="6" fill="${ink}"/>
  <path d="M46 45h8l-4 4.4Z" fill="#d9797a"/>
  <path d="M50 49v2.5M50 51.5c-2 3-6 3-7 1M50 51.5c2 3 6 3 7 1" stroke="${ink}" stroke-width="1.3" fill="none"/>
  <path d="M36 49L14 46M36 52L14 54M64 49L86 46M64 52L86 54" stroke="${ink}" stroke-width=".8" opacity=".7"/>
  ${paws(light, ink)}`;
}

export function dog({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M70 88C84 84 90 72 88 60" stroke="${main}" stroke-width="8" stroke-linecap="round" fill="none"/>
  <path d="M28 98C22 74 34 52 50 52C66 52 78 74 72 98Z" fill="${main}"/>
  <path d="M40 98C36 82 42 68 50 68C58 68 64 82 60 98Z" fill="${light}"/>
  <rect x="26" y="14" width="48" height="48" rx="22" fill="${main}"/>
  <path d="M30 18C14 14 10 34 16 54C26 54 32 40 34 24ZM70 18C86 14 90 34 84 54C74 54 68 40 66 24Z" fill="${dark}"/>
  <ellipse cx="60" cy="33" rx="9" ry="10" fill="${light}" opacity=".7"/>
  <ellipse cx="50" cy="50" rx="16" ry="12" fill="${light}"/>
  <path d="M46 57C46 68 54 68 54 57Z" fill="#e27d83"/>
  <path d="M50 49v6M50 55c-3 4-8 3-9 0M50 55c3 4 8 3 9 0" stroke="${ink}" stroke-width="1.4" fill="none"/>
  <ellipse cx="50" cy="46" rx="5.6" ry="4.2" fill="${ink}"/>
  ${eyes(40, 60, 34, 3.8, ink)}
  <path d="M33 63C42 70 58 70 67 63" stroke="#c2453d" stroke-width="4.5" fill="none" stroke-linecap="round"/>
  <circle cx="50" cy="71" r="3.6" fill="#f0c24b"/>
  ${paws(light, ink)}`;
}

export function rabbit({ main, dark, light, ink }: Tones): string {
  return `
  <circle cx="76" cy="84" r="9" fill="${light}"/>
  <path d="M28 98C22 74 34 56 50 56C66 56 78 74 72 98Z" fill="${main}"/>
  <path d="M40 98C36 84 42 70 50 70C58 70 64 84 60 98Z" fill="${light}"/>
  <ellipse cx="39" cy="19" rx="7.5" ry="19" fill="${main}" transform="rotate(-9 39 19)"/>
  <ellipse cx="61" cy="19" rx="7.5" ry="19" fill="${main}" transform="rotate(9 61 19)"/>
  <ellipse cx="39" cy="20" rx="3.4" ry="13" fill="#e9b0ad" transform="rotate(-9 39 20)"/>
  <ellipse cx="61" cy="20" rx="3.4" ry="13" fill="#e9b0ad" transform="rotate(9 61 20)"/>
  <ellipse cx="50" cy="46" rx="23" ry="20" fill="${main}"/>
  <ellipse cx="43" cy="54" rx="9" ry="7" fill="${light}"/><ellipse cx="57" cy="54" rx="9" ry="7" fill="${light}"/>
  <rect x="46.4" y="57" width="7.2" height="6" rx="1.4" fill="#fff" stroke="${dark}" stroke-width=".6"/>
  ${eyes(39, 61, 43, 3.8, ink)}
  <path d="M46.5 50h7l-3.5 4Z" fill="#d9797a"/>
  ${paws(light, ink)}`;
}

export function bird({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M14 62L0 46L3 66L0 82L18 70Z" fill="${dark}"/>
  <path d="M10 66C18 40 44 34 64 36C84 38 88 58 78 72C66 88 26 88 10 66Z" fill="${main}"/>
  <path d="M30 76C44 88 66 84 78 72C80 64 78 58 74 56C66 72 48 78 30 76Z" fill="${light}"/>
  <circle cx="72" cy="38" r="18" fill="${main}"/>
  <path d="M88 34L100 40L88 45Z" fill="#f0a83b"/>
  <path d="M60 54C44 46 30 22 34 6C50 14 66 34 66 50Z" fill="${dark}"/>
  <path d="M58 50C46 42 38 26 38 14C50 22 60 36 61 47Z" fill="${light}" opacity=".55"/>
  <circle cx="77" cy="35" r="3.6" fill="${ink}"/><circle cx="78.3" cy="33.6" r="1.2" fill="#fff"/>
  <circle cx="72" cy="44" r="4" fill="#f08f8a" opacity=".5"/>`;
}

export function owl({ main, dark, light, ink }: Tones): string {
  const feathers = [62, 70, 78]
    .map((y) => `<path d="M38 ${y}q4 6 8 0q4 6 8 0q4 6 8 0" stroke="${dark}" stroke-width="2" fill="none"/>`)
    .join('');
  return `
  <path d="M22 40C16 10 30 6 34 14C44 8 56 8 66 14C70 6 84 10 78 40C84 66 80 98 50 98C20 98 16 66 22 40Z" fill="${main}"/>
  <ellipse cx="50" cy="74" rx="18" ry="21" fill="${light}"/>${feathers}
  <path d="M22 46C10 66 16 84 30 90C28 74 28 58 22 46ZM78 46C90 66 84 84 70 90C72 74 72 58 78 46Z" fill="${dark}"/>
  <circle cx="36" cy="34" r="14.5" fill="${light}"/><circle cx="64" cy="34" r="14.5" fill="${light}"/>
  <circle cx="36" cy="34" r="9.5" fill="#f3c64e"/><circle cx="64" cy="34" r="9.5" fill="#f3c64e"/>
  <circle cx="37" cy="34" r="5.4" fill="${ink}"/><circle cx="63" cy="34" r="5.4" fill="${ink}"/>
  <circle cx="39" cy="32" r="1.8" fill="#fff"/><circle cx="65" cy="32" r="1.8" fill="#fff"/>
  <path d="M45 42h10l-5 11Z" fill="#f0a83b"/>
  <path d="M40 97v3M44 97v3M56 97v3M60 97v3" stroke="#f0a83b" stroke-width="2.6" stroke-linecap="round"/>`;
}

export function butterfly({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M50 52C34 10 4 10 6 34C8 52 30 56 50 54ZM50 52C66 10 96 10 94 34C92 52 70 56 50 54Z" fill="${main}"/>
  <path d="M50 54C26 54 12 66 20 82C30 94 46 78 50 58ZM50 54C74 54 88 66 80 82C70 94 54 78 50 58Z" fill="${dark}"/>
  <circle cx="24" cy="34" r="9" fill="${light}"/><circle cx="76" cy="34" r="9" fill="${light}"/>
  <circle cx="24" cy="34" r="4" fill="${dark}"/><circle cx="76" cy="34" r="4" fill="${dark}"/>
  <circle cx="31" cy="74" r="6" fill="${light}"/><circle cx="69" cy="74" r="6" fill="${light}"/>
  <ellipse cx="50" cy="56" rx="4" ry="24" fill="${ink}"/><circle cx="50" cy="31" r="5" fill="${ink}"/>
  <path d="M48 28C44 18 38 14 34 14M52 28C56 18 62 14 66 14" stroke="${ink}" stroke-width="1.8" fill="none"/>`;
}

export function fish({ main, dark, light, ink }: Tones): string {
  const scales = [44, 53, 62]
    .flatMap((x) =>
      [42, 52, 62].map((y) => `<path d="M${x} ${y}q-5 4 0 8" stroke="${dark}" stroke-width="1.6" fill="none"/>`),
    )
    .join('');
  return `
  <path d="M30 54L2 32C8 46 8 62 2 78Z" fill="${dark}"/>
  <path d="M44 36C52 20 66 18 72 24L68 36ZM46 74C52 86 62 88 68 84L64 72Z" fill="${dark}"/>
  <path d="M24 55C36 32 66 28 84 40C94 46 98 52 98 55C98 58 94 64 84 70C66 82 36 78 24 55Z" fill="${main}"/>
  <path d="M30 64C46 78 68 80 84 70C92 66 97 60 98 56C80 68 54 72 30 64Z" fill="${light}"/>
  ${scales}
  <path d="M72 38C66 48 66 62 72 72" stroke="${dark}" stroke-width="2" fill="none"/>
  <circle cx="83" cy="49" r="6" fill="#fff"/><circle cx="84.5" cy="49" r="3.4" fill="${ink}"/>
  <circle cx="85.6" cy="47.8" r="1.1" fill="#fff"/>
  <path d="M97 59q-6 4-10 1" stroke="${ink}" stroke-width="1.6" fill="none" stroke-linecap="round"/>`;
}
