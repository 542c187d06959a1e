import type { Tones } from './colours.ts';

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
