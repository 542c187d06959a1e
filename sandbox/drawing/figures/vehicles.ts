import type { Tones } from '../colours.ts';

const wheel = (x: number, y: number, radius: number, ink: string) =>
  `<circle cx="${x}" cy="${y}" r="${radius}" fill="${ink}"/><circle cx="${x}" cy="${y}" r="${radius * 0.45}" fill="#c9ccd1"/>`;

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

/** A boat folded from a sheet of paper. */
export function paperBoat({ main, dark, light }: Tones): string {
  return `
  <path d="M50 28L74 72H26Z" fill="${light}"/><path d="M50 28L74 72H50Z" fill="${main}" opacity=".55"/>
  <path d="M2 58L30 98H70L98 58L62 74L50 66L38 74Z" fill="${light}"/>
  <path d="M50 66L62 74L98 58L70 98H50Z" fill="${main}" opacity=".5"/>
  <path d="M2 58L38 74L30 98M98 58L62 74L70 98M50 28V98" stroke="${dark}" stroke-width="1" fill="none" opacity=".7"/>`;
}

export function rocket({ main, dark, light, ink }: Tones): string {
  return `<g transform="rotate(18 50 50)">
  <path d="M42 78C38 90 46 94 50 102C54 94 62 90 58 78Z" fill="#f7a531"/><path d="M46 78C44 86 48 88 50 94C52 88 56 86 54 78Z" fill="#fff2b0"/>
  <path d="M34 54L18 76L34 74ZM66 54L82 76L66 74Z" fill="${dark}"/>
  <path d="M50 2C68 18 70 52 64 80H36C30 52 32 18 50 2Z" fill="${light}"/>
  <path d="M50 2C58 9 62.5 18 64.5 28H35.500C37.5 18 42 9 50 2Z" fill="${main}"/>
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

export function tram({ main, dark, light, ink }: Tones): string {
  const panes = [10, 26, 58, 74].map((x) => `<rect x="${x}" y="44" width="14" height="17" rx="2"/>`).join('');
  return `
  <path d="M-20 14H120" stroke="${ink}" stroke-width="1"/><path d="M36 32L52 14L62 32" stroke="${ink}" stroke-width="2" fill="none"/>
  <path d="M-20 99H120" stroke="#8a8d92" stroke-width="2"/>
  <path d="M10 32H90C94 32 95 36 96 42L98 88H2L4 42C5 36 6 32 10 32Z" fill="${main}"/>
  <path d="M2.6 66H97.400L98 88H2Z" fill="${light}"/><path d="M2.6 66H97.400V70H2.500Z" fill="${dark}"/>
  <g fill="#cfe9f7" stroke="${ink}" stroke-width="1.2">${panes}</g>
  <rect x="42" y="42" width="14" height="44" rx="2" fill="${dark}"/><path d="M45 46h8v18h-8Z" fill="#cfe9f7"/><path d="M49 42v44" stroke="${ink}" stroke-width="1"/>
  <rect x="30" y="34.5" width="40" height="6" rx="2" fill="${ink}"/><path d="M36 37.500h28" stroke="#ffd45e" stroke-width="2" stroke-dasharray="4 2"/>
  <circle cx="11" cy="78" r="3.5" fill="#ffe9a0"/><circle cx="89" cy="78" r="3.5" fill="#ffe9a0"/>
  <path d="M8 88H92V92H8Z" fill="${ink}"/>${wheel(24, 94, 5, ink)}${wheel(40, 94, 5, ink)}${wheel(60, 94, 5, ink)}${wheel(76, 94, 5, ink)}`;
}

export function train({ main, dark, light, ink }: Tones): string {
  return `
  <g fill="#fff" opacity=".85"><circle cx="24" cy="22" r="7"/><circle cx="14" cy="14" r="9"/><circle cx="0" cy="8" r="10"/></g>
  <path d="M-20 99H120" stroke="#8a8d92" stroke-width="2"/>
  <path d="M18 30H32L29 52H21Z" fill="${ink}"/><path d="M16 28H34V32H16Z" fill="${dark}"/>
  <rect x="10" y="50" width="56" height="30" rx="10" fill="${main}"/><path d="M28 50v30M44 50v30" stroke="${dark}" stroke-width="3"/>
  <circle cx="11" cy="65" r="6" fill="#ffe9a0" stroke="${ink}" stroke-width="2"/><rect x="40" y="42" width="9" height="9" rx="3" fill="${dark}"/>
  <path d="M60 30H96V80H60Z" fill="${main}"/><path d="M56 25H100V32H56Z" fill="${dark}"/><rect x="68" y="38" width="20" height="18" rx="2" fill="#cfe9f7" stroke="${ink}" stroke-width="1.4"/>
  <path d="M4 80H98V86H4Z" fill="${ink}"/><path d="M4 86L-6 97H14V86Z" fill="${dark}"/><path d="M62 66H94" stroke="${light}" stroke-width="3"/>
  ${wheel(26, 90, 8, ink)}${wheel(46, 90, 8, ink)}${wheel(78, 87, 11, ink)}<path d="M26 90H78" stroke="#c9ccd1" stroke-width="2.6"/>`;
}

export function car({ main, dark, light, ink }: Tones): string {
  return `
  <path d="M4 88C2 72 6 64 20 62L32 46C34 43 37 42 41 42H62C66 42 69 44 72 47L84 62C96 64 98 72 97 88Z" fill="${main}"/>
  <path d="M28 62L37 49H49V62ZM53 49H62C65 49 67 50 69 53L76 62H53Z" fill="#cfe9f7" stroke="${ink}" stroke-width="1.4"/>
  <path d="M3 80H98V88H3Z" fill="${dark}"/><path d="M51 66V84M56 69h6M32 69h6" stroke="${dark}" stroke-width="1.6"/>
  <ellipse cx="7" cy="72" rx="3.6" ry="4.6" fill="#ffe9a0"/><rect x="92" y="69" width="5" height="7" rx="2" fill="#e2423a"/>
  <path d="M37 45C48 43 58 43 64 45" stroke="${light}" stroke-width="1.6" fill="none"/>
  ${wheel(25, 88, 11, ink)}${wheel(76, 88, 11, ink)}`;
}

export function bicycle({ main, dark, ink }: Tones): string {
  const round = (x: number) => {
    const spokes = Array.from({ length: 6 }, (_, index) => {
      return `<path d="M${x} 57V99" transform="rotate(${index * 30} ${x} 78)"/>`;
    }).join('');
    return `<circle cx="${x}" cy="78" r="21" fill="none" stroke="${ink}" stroke-width="3.4"/><g stroke="#c9ccd1" stroke-width=".7">${spokes}</g><circle cx="${x}" cy="78" r="2.6" fill="${dark}"/>`;
  };
  return `${round(21)}${round(79)}
  <path d="M21 78L38 48H70L48 78ZM38 48L48 78M79 78L68 38" stroke="${main}" stroke-width="4" fill="none" stroke-linejoin="round"/>
  <path d="M36 42L38 48M28 41H44" stroke="${ink}" stroke-width="4" stroke-linecap="round"/><path d="M68 38L60 34M68 38C74 34 80 36 80 42" stroke="${ink}" stroke-width="3.4" fill="none" stroke-linecap="round"/>
  <circle cx="48" cy="78" r="5" fill="none" stroke="${dark}" stroke-width="2.4"/><path d="M48 78L54 86H60" stroke="${ink}" stroke-width="2.4" fill="none"/>`;
}

export function plane({ main, dark, light, ink }: Tones): string {
  return `<g transform="rotate(-8 50 50)">
  <path d="M52 46L84 20H92L72 50Z" fill="${dark}"/><path d="M10 48L4 26H14L26 46Z" fill="${main}"/>
  <path d="M8 48C30 42 74 40 88 44C96 46 100 50 98 54C92 60 60 62 40 60C24 58 10 56 8 48Z" fill="${light}"/>
  <path d="M8 48C30 53 70 56 98 54C92 60 60 62 40 60C24 58 10 56 8 48Z" fill="${main}"/>
  <path d="M46 54L32 84H42L70 56Z" fill="${dark}"/><path d="M12 52L6 60H14L24 54Z" fill="${dark}"/>
  <path d="M86 45C92 46 95 48 96 50H88Z" fill="#9ad9f5" stroke="${ink}" stroke-width=".8"/>
  <g fill="${ink}"><circle cx="34" cy="48" r="1.8"/><circle cx="42" cy="47.5" r="1.8"/><circle cx="50" cy="47" r="1.8"/><circle cx="58" cy="47" r="1.8"/><circle cx="66" cy="47" r="1.8"/><circle cx="74" cy="47.5" r="1.8"/></g></g>`;
}
