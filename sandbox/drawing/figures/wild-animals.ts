import type { Tones } from '../colours.ts';

const eye = (x: number, y: number, radius: number, ink: string) =>
  `<circle cx="${x}" cy="${y}" r="${radius}" fill="${ink}"/><circle cx="${x + radius * 0.35}" cy="${y - radius * 0.4}" r="${radius * 0.34}" fill="#fff"/>`;

export function horse({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M16 52C2 56 4 74 2 86C12 80 14 66 20 58Z" fill="${dark}"/>
  <path d="M24 66L20 98M34 70L34 98M60 70L60 98M70 66L74 98" stroke="${main}" stroke-width="7.5"/>
  <path d="M16 98h9M30 98h9M56 98h9M70 98h9" stroke="${ink}" stroke-width="4"/>
  <path d="M16 60C16 46 32 46 46 48C56 48 60 40 64 28L78 12L84 20L97 36C98 42 92 46 86 42L78 38C78 52 78 64 70 72C56 78 34 78 22 72C18 70 16 66 16 60Z" fill="${main}"/>
  <path d="M78 12L82 2L86 14Z" fill="${main}"/>
  <path d="M80 8C66 8 58 22 54 42C50 48 58 52 60 46C64 36 68 24 80 16Z" fill="${dark}"/>
  <path d="M30 72C42 77 56 76 66 72C60 80 38 80 30 72Z" fill="${light}" opacity=".5"/>
  ${eye(83, 23, 2.6, ink)}<circle cx="93" cy="38" r="1.3" fill="${ink}"/><path d="M88 42q4 0 6 -2" stroke="${ink}" stroke-width="1.1" fill="none"/>`;
}

export function bear({ main, dark, light, ink }: Tones): string {
  return `
  <circle cx="28" cy="14" r="11" fill="${main}"/><circle cx="72" cy="14" r="11" fill="${main}"/><circle cx="28" cy="14" r="6" fill="${light}"/><circle cx="72" cy="14" r="6" fill="${light}"/>
  <path d="M20 98C12 74 26 52 50 52C74 52 88 74 80 98Z" fill="${main}"/><ellipse cx="50" cy="80" rx="19" ry="19" fill="${light}"/>
  <ellipse cx="18" cy="70" rx="8" ry="15" fill="${dark}" transform="rotate(18 18 70)"/><ellipse cx="82" cy="70" rx="8" ry="15" fill="${dark}" transform="rotate(-18 82 70)"/>
  <ellipse cx="30" cy="95" rx="12" ry="5.5" fill="${dark}"/><ellipse cx="70" cy="95" rx="12" ry="5.5" fill="${dark}"/>
  <ellipse cx="50" cy="36" rx="31" ry="27" fill="${main}"/><ellipse cx="50" cy="47" rx="14.5" ry="11.5" fill="${light}"/>
  ${eye(37, 33, 3.8, ink)}${eye(63, 33, 3.8, ink)}<ellipse cx="50" cy="42" rx="5.5" ry="4" fill="${ink}"/>
  <path d="M50 46v4M50 50c-2 4-7 4-8 1M50 50c2 4 7 4 8 1" stroke="${ink}" stroke-width="1.5" fill="none" stroke-linecap="round"/>`;
}

export function lion({ main, dark, light, ink }: Tones): string {
  const mane = Array.from({ length: 14 }, (_, index) => {
    return `<ellipse cx="50" cy="8" rx="9" ry="13" transform="rotate(${(index * 360) / 14} 50 38)"/>`;
  }).join('');
  return `
  <path d="M74 90C94 88 96 70 90 58" stroke="${main}" stroke-width="5" fill="none" stroke-linecap="round"/><circle cx="89" cy="56" r="6" fill="${dark}"/>
  <path d="M26 98C20 74 34 56 50 56C66 56 80 74 74 98Z" fill="${main}"/><path d="M40 98C36 84 42 70 50 70C58 70 64 84 60 98Z" fill="${light}"/>
  <ellipse cx="40" cy="96" rx="9" ry="4.5" fill="${light}"/><ellipse cx="60" cy="96" rx="9" ry="4.5" fill="${light}"/>
  <g fill="${dark}">${mane}<circle cx="50" cy="38" r="28"/></g>
  <circle cx="31" cy="18" r="6.5" fill="${main}"/><circle cx="69" cy="18" r="6.5" fill="${main}"/>
  <circle cx="50" cy="38" r="22.5" fill="${main}"/><ellipse cx="44" cy="48" rx="8.5" ry="6.5" fill="${light}"/><ellipse cx="56" cy="48" rx="8.5" ry="6.5" fill="${light}"/>
  ${eye(41, 34, 3.2, ink)}${eye(59, 34, 3.2, ink)}<path d="M45 41h10l-5 6Z" fill="${ink}"/>
  <path d="M50 47v3M50 50c-2 3-6 3-7 1M50 50c2 3 6 3 7 1" stroke="${ink}" stroke-width="1.3" fill="none"/>`;
}

export function elephant({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M12 58L5 76" stroke="${dark}" stroke-width="3" stroke-linecap="round"/>
  <path d="M18 68h15v31H18ZM44 72h14v27H44Z" fill="${dark}"/><path d="M28 70h14v29H28ZM56 70h14v29H56Z" fill="${main}"/>
  <path d="M10 58C10 36 34 32 52 36C70 40 74 58 70 74C54 82 28 82 14 74C10 70 10 64 10 58Z" fill="${main}"/>
  <circle cx="72" cy="38" r="20" fill="${main}"/>
  <path d="M84 40C96 50 94 70 90 80C88 88 96 90 99 84" stroke="${main}" stroke-width="9" fill="none" stroke-linecap="round"/>
  <path d="M82 52C86 58 92 60 96 56" stroke="#fdf6e3" stroke-width="3.6" fill="none" stroke-linecap="round"/>
  <path d="M66 20C46 12 38 34 46 54C56 60 68 52 68 40Z" fill="${dark}"/><path d="M64 25C52 21 46 36 51 49C58 52 64 46 64 38Z" fill="${light}" opacity=".55"/>
  ${eye(79, 34, 2.8, ink)}<path d="M30 97h10M58 97h10" stroke="${light}" stroke-width="3"/>`;
}

export function penguin({ main, dark, ink }: Tones): string {
  return `
  <path d="M28 44C14 54 10 68 14 80C22 76 26 68 30 58ZM72 44C86 54 90 68 86 80C78 76 74 68 70 58Z" fill="${dark}"/>
  <path d="M50 4C72 4 74 26 74 46C80 62 78 96 50 96C22 96 20 62 26 46C26 26 28 4 50 4Z" fill="${main}"/>
  <path d="M50 42C66 42 70 62 68 76C66 88 58 92 50 92C42 92 34 88 32 76C30 62 34 42 50 42Z" fill="#fdfdfb"/>
  <path d="M50 20C58 10 68 18 66 30C64 40 56 42 50 42C44 42 36 40 34 30C32 18 42 10 50 20Z" fill="#fdfdfb"/>
  ${eye(42, 27, 3.2, ink)}${eye(58, 27, 3.2, ink)}<path d="M43 33Q50 30 57 33L50 41Z" fill="#f0a83b"/>
  <ellipse cx="38" cy="96" rx="10" ry="4" fill="#f0a83b"/><ellipse cx="62" cy="96" rx="10" ry="4" fill="#f0a83b"/>`;
}

export function duck({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M6 52C14 56 24 58 34 56C46 52 58 56 62 58C84 58 86 80 72 90C54 98 22 96 12 78C8 70 4 60 6 52Z" fill="${main}"/>
  <path d="M22 66C32 60 52 62 58 70C54 84 34 86 24 78Z" fill="${dark}"/><path d="M27 68C35 65 48 66 52 71C48 78 36 79 30 75Z" fill="${light}" opacity=".6"/>
  <path d="M54 62C52 50 52 40 56 34L80 44C78 56 80 60 76 68Z" fill="${main}"/><circle cx="68" cy="30" r="18" fill="${main}"/>
  <path d="M84 26C92 26 98 28 100 32C96 38 88 39 82 37Z" fill="#f08a2c"/><path d="M84 32.500H98" stroke="#b55f12" stroke-width="1.2"/>${eye(74, 25, 3.2, ink)}`;
}

export function whale({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M32 26C28 14 20 14 16 20M32 26C34 10 46 10 48 20" stroke="#bfe3f7" stroke-width="4" fill="none" stroke-linecap="round"/>
  <path d="M82 62C86 52 82 42 74 36C84 34 92 38 93 46C96 38 102 36 106 38C104 52 98 64 90 74Z" fill="${dark}"/>
  <path d="M2 66C0 44 16 32 36 32C62 32 66 60 84 60L92 72C84 92 60 98 38 96C14 94 4 84 2 66Z" fill="${main}"/>
  <path d="M3 72C18 80 40 80 56 78C62 84 58 94 40 96C16 95 6 86 3 72Z" fill="${light}"/>
  <path d="M12 82q4 5 8 9M24 84q3 6 6 11M36 84q2 6 4 11" stroke="${dark}" stroke-width="1.4" fill="none" opacity=".6"/>
  <path d="M44 82C48 92 56 98 62 98C62 90 58 82 52 78Z" fill="${dark}"/>${eye(18, 62, 3, ink)}<path d="M5 72q8 5 16 1" stroke="${ink}" stroke-width="1.5" fill="none" stroke-linecap="round"/>`;
}

export function dragon({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M46 46C30 30 22 12 2 6C8 18 4 26 2 34C12 34 14 42 14 50C24 48 34 54 42 62Z" fill="${dark}"/>
  <path d="M46 46C34 34 22 20 4 8M42 56C30 46 20 38 4 32" stroke="${ink}" stroke-width="1.2" fill="none" opacity=".6"/>
  <path d="M34 96C10 98 2 84 8 72C12 82 22 84 34 78Z" fill="${main}"/><path d="M8 74L0 66L10 62L15 70Z" fill="${dark}"/>
  <path d="M34 98C24 78 36 62 46 54C54 46 54 38 54 30L72 40C70 54 76 62 74 76C72 88 70 94 68 98Z" fill="${main}"/>
  <path d="M50 96C48 80 60 68 64 52L71 46C70 56 75 64 73 76C71 88 66 96 62 98Z" fill="${light}"/>
  <path d="M52 88h20M55 78h19M60 68h13M64 58h7" stroke="${dark}" stroke-width="1.3"/>
  <path d="M52 16L44 2L58 10ZM62 12L62 -2L70 10Z" fill="${light}"/>
  <path d="M50 30C48 14 64 8 76 14L96 24C100 28 98 34 92 36L76 38C66 46 52 42 50 30Z" fill="${main}"/>
  <path d="M76 38L90 36L82 44Z" fill="#fdf6e3"/><circle cx="93" cy="27" r="1.5" fill="${ink}"/>
  <circle cx="70" cy="22" r="4.2" fill="#ffe27a"/><ellipse cx="71" cy="22" rx="1.4" ry="3.6" fill="${ink}"/>
  <path d="M98 34C106 30 110 36 118 32C114 40 108 44 98 40Z" fill="#f7a531"/><path d="M98 35C104 34 107 37 111 36C108 40 104 41 98 39Z" fill="#fff2b0"/>
  <ellipse cx="42" cy="97" rx="11" ry="4" fill="${dark}"/><ellipse cx="66" cy="97" rx="10" ry="4" fill="${dark}"/>`;
}
