import type { Tones } from '../colours.ts';

const eye = (x: number, y: number, radius: number, ink: string) =>
  `<circle cx="${x}" cy="${y}" r="${radius}" fill="${ink}"/><circle cx="${x + radius * 0.35}" cy="${y - radius * 0.4}" r="${radius * 0.34}" fill="#fff"/>`;

export function cow({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M10 48C2 56 4 70 2 82" stroke="${dark}" stroke-width="3" fill="none"/><circle cx="2" cy="85" r="4" fill="${dark}"/>
  <path d="M16 70h9v28h-9ZM30 70h9v28h-9ZM54 70h9v28h-9ZM66 70h9v28h-9Z" fill="${light}"/><path d="M16 93h9v6h-9ZM30 93h9v6h-9ZM54 93h9v6h-9ZM66 93h9v6h-9Z" fill="${ink}"/>
  <path d="M8 50C8 42 20 40 40 40H66C76 40 80 50 78 62C76 74 68 78 44 78C20 78 8 76 8 62Z" fill="${light}"/>
  <path d="M14 43C24 38 36 42 34 52C30 62 18 62 11 58C9 52 10 46 14 43ZM46 42C56 40 64 44 62 52C58 60 50 58 47 52ZM34 70C42 64 54 68 54 77C46 79 38 79 34 77Z" fill="${main}"/>
  <ellipse cx="42" cy="79" rx="8" ry="5" fill="#e9a4a0"/>
  <path d="M66 24C58 18 58 12 62 8C64 16 70 18 74 22ZM94 24C102 18 102 12 98 8C96 16 90 18 86 22Z" fill="#e6d7b4"/>
  <path d="M64 30C56 26 52 30 52 34C56 38 62 38 66 36ZM96 30C104 26 108 30 108 34C104 38 98 38 94 36Z" fill="${main}"/>
  <path d="M66 24C70 18 90 18 94 24C98 38 94 56 90 60H70C66 56 62 38 66 24Z" fill="${light}"/><path d="M80 19C90 18 94 22 95 30C96 38 88 42 82 38Z" fill="${main}"/>
  <ellipse cx="80" cy="55" rx="15" ry="10" fill="#e9a4a0"/><circle cx="75" cy="54" r="2" fill="${ink}"/><circle cx="85" cy="54" r="2" fill="${ink}"/>${eye(73, 36, 2.8, ink)}${eye(87, 36, 2.8, ink)}`;
}

export function sheep({ main, dark, ink }: Tones): string {
  const wool = [
    [30, 50, 15],
    [46, 42, 16],
    [62, 46, 15],
    [70, 60, 14],
    [24, 64, 14],
    [40, 70, 15],
    [58, 70, 15],
  ].map(([x, y, r]) => `<circle cx="${x}" cy="${y}" r="${r}"/>`);
  return `
  <path d="M28 76h7v22h-7ZM40 78h7v20h-7ZM54 78h7v20h-7ZM64 76h7v22h-7Z" fill="${ink}"/>
  <g fill="#b9ad9b" transform="translate(1 3)">${wool.join('')}</g><g fill="${main}">${wool.join('')}<rect x="28" y="44" width="40" height="30"/></g>
  <path d="M72 36C66 32 60 36 60 40C66 44 72 42 76 40ZM96 36C102 32 106 36 106 40C102 44 96 42 92 40Z" fill="${dark}"/>
  <path d="M72 34C76 28 92 28 96 34C98 46 94 60 84 62C74 60 70 46 72 34Z" fill="#4a4039"/>
  <g fill="${main}"><circle cx="76" cy="29" r="7"/><circle cx="84" cy="26" r="8"/><circle cx="92" cy="29" r="7"/></g>
  <circle cx="79" cy="42" r="3.2" fill="#fff"/><circle cx="89" cy="42" r="3.2" fill="#fff"/><circle cx="79.5" cy="42.5" r="1.6" fill="${ink}"/><circle cx="88.5" cy="42.5" r="1.6" fill="${ink}"/>
  <path d="M81 54q3 2.5 6 0" stroke="#fff" stroke-width="1.4" fill="none" stroke-linecap="round"/>`;
}

export function pig({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M80 66C92 62 94 70 88 74C84 76 84 70 90 68" stroke="${dark}" stroke-width="2.6" fill="none"/>
  <path d="M24 98C14 76 26 54 50 54C74 54 86 76 76 98Z" fill="${main}"/><ellipse cx="50" cy="82" rx="17" ry="16" fill="${light}" opacity=".7"/>
  <ellipse cx="34" cy="96" rx="9" ry="5" fill="${dark}"/><ellipse cx="66" cy="96" rx="9" ry="5" fill="${dark}"/>
  <path d="M26 26C18 10 24 4 32 6C40 8 44 14 44 20ZM74 26C82 10 76 4 68 6C60 8 56 14 56 20Z" fill="${dark}"/>
  <ellipse cx="50" cy="38" rx="31" ry="27" fill="${main}"/><ellipse cx="50" cy="46" rx="13" ry="10" fill="${dark}"/>
  <ellipse cx="45" cy="46" rx="2.6" ry="3.8" fill="${ink}"/><ellipse cx="55" cy="46" rx="2.6" ry="3.8" fill="${ink}"/>${eye(36, 33, 3.4, ink)}${eye(64, 33, 3.4, ink)}
  <path d="M43 59q7 4 14 0" stroke="${ink}" stroke-width="1.6" fill="none" stroke-linecap="round"/>`;
}

export function mouse({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M70 92C92 98 100 84 92 74C88 68 96 62 100 66" stroke="#e9a4a0" stroke-width="3.4" fill="none" stroke-linecap="round"/>
  <path d="M28 98C20 78 32 58 50 58C68 58 80 78 72 98Z" fill="${main}"/><path d="M39 98C36 84 42 72 50 72C58 72 64 84 61 98Z" fill="${light}"/>
  <circle cx="24" cy="22" r="18" fill="${main}"/><circle cx="76" cy="22" r="18" fill="${main}"/><circle cx="24" cy="22" r="11.5" fill="#e9b0ad"/><circle cx="76" cy="22" r="11.5" fill="#e9b0ad"/>
  <path d="M22 42C24 26 36 22 50 22C64 22 76 26 78 42C76 54 60 64 50 66C40 64 24 54 22 42Z" fill="${main}"/><path d="M36 54C40 50 60 50 64 54C60 62 54 65 50 66C46 65 40 62 36 54Z" fill="${light}"/>
  ${eye(39, 41, 4, ink)}${eye(61, 41, 4, ink)}<ellipse cx="50" cy="62" rx="4" ry="3.2" fill="#d9797a"/>
  <path d="M42 60L22 56M42 62L22 64M58 60L78 56M58 62L78 64" stroke="${dark}" stroke-width="1"/>
  <ellipse cx="40" cy="96" rx="8" ry="4" fill="#e9a4a0"/><ellipse cx="60" cy="96" rx="8" ry="4" fill="#e9a4a0"/>`;
}

export function frog({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M24 92C4 92 2 70 18 60C30 64 34 80 34 92ZM76 92C96 92 98 70 82 60C70 64 66 80 66 92Z" fill="${dark}"/>
  <path d="M22 60C18 84 30 98 50 98C70 98 82 84 78 60Z" fill="${main}"/><path d="M32 66C30 86 38 96 50 96C62 96 70 86 68 66Z" fill="${light}"/>
  <circle cx="30" cy="26" r="14" fill="${main}"/><circle cx="70" cy="26" r="14" fill="${main}"/>
  <path d="M14 50C14 32 30 26 50 26C70 26 86 32 86 50C84 66 68 72 50 72C32 72 16 66 14 50Z" fill="${main}"/>
  <circle cx="30" cy="24" r="8.5" fill="#fff"/><circle cx="70" cy="24" r="8.5" fill="#fff"/><circle cx="31" cy="25" r="4.6" fill="${ink}"/><circle cx="69" cy="25" r="4.6" fill="${ink}"/>
  <path d="M20 50C34 64 66 64 80 50" stroke="${ink}" stroke-width="2.4" fill="none" stroke-linecap="round"/><circle cx="45" cy="42" r="1.3" fill="${ink}"/><circle cx="55" cy="42" r="1.3" fill="${ink}"/>
  <path d="M34 98l-12 0l5 -7ZM66 98l12 0l-5 -7Z" fill="${dark}"/>`;
}

export function turtle({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M8 84L0 90L10 92ZM20 82h16v16H20ZM56 82h16v16H56Z" fill="${light}"/>
  <path d="M72 76C74 58 82 46 92 48C102 50 102 64 94 68C86 70 86 78 82 86Z" fill="${light}"/>${eye(94, 56, 2.8, ink)}<path d="M94 63q4 1 6 -2" stroke="${ink}" stroke-width="1.3" fill="none"/>
  <path d="M6 86C6 52 24 38 44 38C64 38 82 52 82 86Z" fill="${main}"/>
  <path d="M44 46L58 56L54 72H34L30 56ZM24 60L28 74L20 84H12C14 74 18 66 24 60ZM64 60L60 74L68 84H76C74 74 70 66 64 60ZM36 78H52L54 85H34Z" fill="${dark}" opacity=".75"/>
  <path d="M4 84H84V90H4Z" fill="${dark}"/>`;
}

export function deer({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M24 64L22 98M34 66L36 98M58 66L56 98M66 64L70 98" stroke="${main}" stroke-width="5.5"/><path d="M18 98h8M32 98h8M52 98h8M66 98h8" stroke="${ink}" stroke-width="3.4"/>
  <path d="M68 20C62 12 60 6 62 -4M64 10L54 6M78 18C82 10 84 4 82 -6M82 8L92 2" stroke="#7b5a3c" stroke-width="3" fill="none" stroke-linecap="round"/>
  <path d="M14 54C16 44 34 46 48 46C58 46 62 40 64 28L68 20L80 18L94 32C94 38 88 40 84 38L76 38C76 52 74 64 68 70C56 76 34 76 22 70C14 66 12 60 14 54Z" fill="${main}"/>
  <path d="M66 22C58 20 54 24 54 28C58 30 64 30 68 28Z" fill="${dark}"/><path d="M14 54C8 54 6 60 10 64C14 64 16 60 16 56Z" fill="#fff"/>
  <g fill="${light}"><circle cx="28" cy="54" r="2.6"/><circle cx="38" cy="52" r="2.6"/><circle cx="48" cy="56" r="2.6"/><circle cx="34" cy="61" r="2.6"/><circle cx="58" cy="52" r="2.6"/></g>
  ${eye(79, 26, 2.6, ink)}<circle cx="92" cy="33" r="2.2" fill="${ink}"/>`;
}

export function monkey({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M72 88C96 92 100 66 88 58C82 54 78 60 84 64" stroke="${main}" stroke-width="5" fill="none" stroke-linecap="round"/>
  <path d="M28 98C22 74 34 56 50 56C66 56 78 74 72 98Z" fill="${main}"/><ellipse cx="50" cy="82" rx="14" ry="15" fill="${light}"/>
  <circle cx="19" cy="34" r="12" fill="${main}"/><circle cx="81" cy="34" r="12" fill="${main}"/><circle cx="19" cy="34" r="7" fill="${light}"/><circle cx="81" cy="34" r="7" fill="${light}"/>
  <circle cx="50" cy="34" r="29" fill="${main}"/><path d="M50 24C58 12 76 18 72 34C78 48 64 60 50 60C36 60 22 48 28 34C24 18 42 12 50 24Z" fill="${light}"/>
  ${eye(40, 32, 4, ink)}${eye(60, 32, 4, ink)}<path d="M47 42h6" stroke="${dark}" stroke-width="3" stroke-linecap="round"/><path d="M40 49q10 7 20 0" stroke="${ink}" stroke-width="1.8" fill="none" stroke-linecap="round"/>
  <ellipse cx="38" cy="96" rx="9" ry="4.5" fill="${light}"/><ellipse cx="62" cy="96" rx="9" ry="4.5" fill="${light}"/>`;
}

export function squirrel({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M64 96C100 96 104 62 88 44C78 30 86 22 78 12C62 6 54 28 66 46C74 60 70 76 58 84Z" fill="${dark}"/><path d="M68 86C88 82 90 62 80 48C72 34 74 26 74 20C66 26 66 40 74 52C80 64 76 78 66 84Z" fill="${light}" opacity=".45"/>
  <path d="M24 98C16 76 26 54 44 54C62 54 70 76 66 98Z" fill="${main}"/><path d="M32 98C28 82 34 68 42 68C50 68 54 82 52 98Z" fill="${light}"/>
  <path d="M22 26L24 4L38 18ZM60 26L60 4L46 18Z" fill="${main}"/>
  <path d="M14 38C14 22 28 14 42 14C56 14 68 22 68 38C68 52 54 58 42 58C28 58 14 52 14 38Z" fill="${main}"/><ellipse cx="36" cy="47" rx="10" ry="7.5" fill="${light}"/><ellipse cx="48" cy="47" rx="10" ry="7.5" fill="${light}"/>
  ${eye(30, 34, 4, ink)}${eye(54, 34, 4, ink)}<ellipse cx="42" cy="43" rx="3.6" ry="2.8" fill="${ink}"/>
  <path d="M34 76C34 68 50 68 50 76C50 84 46 88 42 90C38 88 34 84 34 76Z" fill="#a9713c"/><path d="M32 74C34 68 50 68 52 74Z" fill="#7b4f26"/>
  <ellipse cx="34" cy="96" rx="9" ry="4" fill="${dark}"/><ellipse cx="54" cy="96" rx="9" ry="4" fill="${dark}"/>`;
}

export function snake({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M6 90C22 98 60 100 82 92C98 84 92 70 72 70H34C18 70 16 54 32 52C50 50 64 52 64 38" stroke="${main}" stroke-width="13" fill="none" stroke-linecap="round"/>
  <path d="M10 91C26 97 60 98 80 91C94 84 88 71 72 71H34C20 70 20 55 32 53" stroke="${light}" stroke-width="4" stroke-dasharray="3 8" fill="none" stroke-linecap="round"/>
  <path d="M52 30C50 12 62 4 70 6C82 8 84 22 78 32C74 40 56 42 52 30Z" fill="${main}"/><path d="M56 36C62 40 72 40 77 34" stroke="${dark}" stroke-width="1.6" fill="none"/>
  ${eye(61, 20, 3.2, ink)}${eye(73, 19, 3.2, ink)}<path d="M68 37V46L64 51M68 46L72 51" stroke="#d8423a" stroke-width="1.8" fill="none" stroke-linecap="round"/>`;
}
