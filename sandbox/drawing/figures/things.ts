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

export function boat({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M50 6v70" stroke="${ink}" stroke-width="2.6"/>
  <path d="M53 10C80 30 86 52 84 66H53Z" fill="${light}"/><path d="M47 18C28 36 22 54 20 66H47Z" fill="#fdf6e3"/>
  <path d="M53 44C68 46 78 46 85 44L84 66H53Z" fill="${main}" opacity=".75"/>
  <path d="M50 6l14 5l-14 5Z" fill="${main}"/>
  <path d="M8 74H92C88 90 80 98 70 98H30C18 98 12 88 8 74Z" fill="${main}"/>
  <path d="M8 74H92L91 79H9.6Z" fill="${dark}"/>
  <circle cx="36" cy="87" r="3" fill="${light}"/><circle cx="50" cy="87" r="3" fill="${light}"/><circle cx="64" cy="87" r="3" fill="${light}"/>`;
}

export function robot({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M50 14V4" stroke="${dark}" stroke-width="2.4"/><circle cx="50" cy="4" r="4" fill="#f25f5c"/>
  <path d="M26 62C14 62 10 72 12 82M74 62C86 62 90 52 88 42" stroke="${dark}" stroke-width="6" fill="none" stroke-linecap="round"/>
  <circle cx="12" cy="84" r="5" fill="${light}"/><circle cx="88" cy="40" r="5" fill="${light}"/>
  <rect x="33" y="84" width="11" height="14" fill="${dark}"/><rect x="56" y="84" width="11" height="14" fill="${dark}"/>
  <rect x="28" y="95" width="18" height="5" rx="2.5" fill="${ink}"/><rect x="54" y="95" width="18" height="5" rx="2.5" fill="${ink}"/>
  <rect x="25" y="54" width="50" height="33" rx="7" fill="${main}"/>
  <rect x="22" y="14" width="56" height="38" rx="11" fill="${main}"/><rect x="44" y="50" width="12" height="6" fill="${dark}"/>
  <rect x="28" y="21" width="44" height="24" rx="8" fill="${ink}"/>
  <circle cx="40" cy="31" r="5" fill="#7df0d8"/><circle cx="60" cy="31" r="5" fill="#7df0d8"/>
  <path d="M43 39q7 4 14 0" stroke="#7df0d8" stroke-width="2" fill="none" stroke-linecap="round"/>
  <rect x="33" y="62" width="34" height="15" rx="4" fill="${light}"/>
  <circle cx="40" cy="69.5" r="3" fill="#f25f5c"/><circle cx="50" cy="69.5" r="3" fill="#f2c14e"/><circle cx="60" cy="69.5" r="3" fill="#5cb85c"/>
  <rect x="17" y="26" width="5" height="14" rx="2.5" fill="${dark}"/><rect x="78" y="26" width="5" height="14" rx="2.5" fill="${dark}"/>`;
}

export function rocket({ main, dark, light, ink }: Tones): string {
  return `<g transform="rotate(18 50 50)">
  <path d="M42 78C38 90 46 94 50 102C54 94 62 90 58 78Z" fill="#f7a531"/><path d="M46 78C44 86 48 88 50 94C52 88 56 86 54 78Z" fill="#fff2b0"/>
  <path d="M34 54L18 76L34 74ZM66 54L82 76L66 74Z" fill="${dark}"/>
  <path d="M50 2C68 18 70 52 64 80H36C30 52 32 18 50 2Z" fill="${light}"/>
  <path d="M50 2C58 9 62.500 18 64.500 28H35.500C37.500 18 42 9 50 2Z" fill="${main}"/>
  <circle cx="50" cy="44" r="9" fill="${dark}"/><circle cx="50" cy="44" r="6" fill="#9ad9f5"/><circle cx="48" cy="42" r="2" fill="#fff"/>
  <path d="M36 80h28l-3 5H39Z" fill="${ink}"/><path d="M48 60h4v20h-4Z" fill="${main}"/></g>`;
}

export function balloon({ main, dark, light }: Tones): string {
  return `
  <path d="M50 2C76 2 88 22 84 40C80 56 62 66 58 76H42C38 66 20 56 16 40C12 22 24 2 50 2Z" fill="${main}"/>
  <path d="M50 2C62 14 64 50 54 76H46C36 50 38 14 50 2Z" fill="${light}"/>
  <path d="M30 8C22 26 28 58 44 76H42C38 66 20 56 16 40C13 26 20 14 30 8ZM70 8C78 26 72 58 56 76H58C62 66 80 56 84 40C87 26 80 14 70 8Z" fill="${dark}"/>
  <path d="M43 76L45 86M57 76L55 86" stroke="#5b4636" stroke-width="1.4"/>
  <rect x="42" y="86" width="16" height="13" rx="2" fill="#9a6b3f"/><path d="M42 90h16M42 94.500h16" stroke="#6f4a29" stroke-width="1.4"/>`;
}

export function heart({ main, dark, light }: Tones): string {
  return `
  <path d="M50 94C14 66 4 46 8 28C14 6 42 8 50 28C58 8 86 6 92 28C96 46 86 66 50 94Z" fill="${main}"/>
  <path d="M50 94C86 66 96 46 92 28C90 20 84 14 78 13C88 40 74 68 50 94Z" fill="${dark}"/>
  <ellipse cx="27" cy="29" rx="8" ry="12" fill="${light}" opacity=".8" transform="rotate(32 27 29)"/>`;
}
