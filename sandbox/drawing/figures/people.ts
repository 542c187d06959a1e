import type { Tones } from '../colours.ts';

const skin = '#e9b48c';
const face = (ink: string) => `
  <circle cx="45.5" cy="20" r="1.5" fill="${ink}"/><circle cx="54.5" cy="20" r="1.5" fill="${ink}"/>
  <path d="M46 25.500q4 3.2 8 0" stroke="${ink}" stroke-width="1.3" fill="none" stroke-linecap="round"/>
  <circle cx="42" cy="24" r="2.2" fill="#e58f7c" opacity=".6"/><circle cx="58" cy="24" r="2.2" fill="#e58f7c" opacity=".6"/>`;

export function woman({ main, dark, ink }: Tones): string {
  return `
  <path d="M36 22C34 4 66 4 64 22C66 34 70 40 66 46H34C30 40 34 34 36 22Z" fill="#6b3f2a"/>
  <path d="M44 84V98M56 84V98" stroke="${skin}" stroke-width="5.5"/><path d="M39 99h8M53 99h8" stroke="${ink}" stroke-width="3.6" stroke-linecap="round"/>
  <path d="M42 40C30 46 26 56 24 68M58 40C70 46 74 56 76 68" stroke="${skin}" stroke-width="5.5" fill="none" stroke-linecap="round"/>
  <path d="M40 38H60L64 58L74 90H26L36 58Z" fill="${main}"/><path d="M36 57H64V62H35Z" fill="${dark}"/>
  <path d="M40 38C34 40 32 46 30 52L38 54ZM60 38C66 40 68 46 70 52L62 54Z" fill="${main}"/>
  <path d="M46 30h8v9h-8Z" fill="${skin}"/><ellipse cx="50" cy="20" rx="11.5" ry="13" fill="${skin}"/>
  <path d="M38 20C38 6 62 6 62 20C58 16 54 13 48 12C44 15 40 17 38 20Z" fill="#6b3f2a"/>${face(ink)}`;
}

export function man({ main, dark, ink }: Tones): string {
  return `
  <path d="M37 66H63L62 97H53L50 74L47 97H38Z" fill="#46536b"/><path d="M36 98.500h11M53 98.500h11" stroke="${ink}" stroke-width="4" stroke-linecap="round"/>
  <path d="M38 42C28 48 26 58 25 66M62 42C72 48 74 58 75 66" stroke="${main}" stroke-width="8" fill="none" stroke-linecap="round"/>
  <circle cx="25" cy="70" r="4" fill="${skin}"/><circle cx="75" cy="70" r="4" fill="${skin}"/>
  <path d="M38 38H62C66 38 66 44 65 50L63 70H37L35 50C34 44 34 38 38 38Z" fill="${main}"/><path d="M50 40V70" stroke="${dark}" stroke-width="1.6"/>
  <path d="M46 30h8v10h-8Z" fill="${skin}"/><ellipse cx="50" cy="20" rx="11.5" ry="13" fill="${skin}"/>
  <path d="M38 19C36 5 64 3 62 19C58 13 46 15 38 19Z" fill="#4a3325"/>${face(ink)}`;
}

export function astronaut({ main, dark, ink }: Tones): string {
  return `
  <rect x="30" y="38" width="40" height="34" rx="6" fill="#9aa3b0"/>
  <path d="M38 44C26 48 22 58 22 66M62 44C74 46 80 36 80 28" stroke="#f4f6f9" stroke-width="11" fill="none" stroke-linecap="round"/>
  <circle cx="22" cy="69" r="6" fill="${main}"/><circle cx="80" cy="25" r="6" fill="${main}"/>
  <path d="M36 68H64L62 94H53L50 80L47 94H38Z" fill="#f4f6f9"/><path d="M35 92h14v8H35ZM51 92h14v8H51Z" fill="${main}"/>
  <rect x="34" y="40" width="32" height="34" rx="9" fill="#f4f6f9"/>
  <rect x="41" y="52" width="18" height="12" rx="2" fill="#c6ccd6"/><circle cx="46" cy="58" r="2" fill="#e2423a"/><circle cx="54" cy="58" r="2" fill="${main}"/>
  <path d="M36 68H64" stroke="${dark}" stroke-width="2"/>
  <circle cx="50" cy="24" r="20" fill="#f4f6f9"/><rect x="35" y="13" width="30" height="23" rx="11" fill="${ink}"/>
  <path d="M39 22C40 16 45 15 49 15" stroke="#9ad9f5" stroke-width="3" fill="none" stroke-linecap="round"/><path d="M38 30C46 34 56 34 62 29" stroke="#e8b95a" stroke-width="2" fill="none" opacity=".8"/>`;
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

export function snowman({ main, dark, ink }: Tones): string {
  return `
  <path d="M26 54L4 42M10 45L6 36M74 54L96 40M90 44L96 50" stroke="#6b4a35" stroke-width="2.6" stroke-linecap="round"/>
  <circle cx="50" cy="78" r="22" fill="#fbfdff"/><circle cx="50" cy="50" r="17" fill="#fbfdff"/><circle cx="50" cy="28" r="13" fill="#fbfdff"/>
  <path d="M62 62a22 22 0 0 1 -2 36a22 22 0 0 0 12 -20a22 22 0 0 0 -10 -16Z" fill="#b9cbe0" opacity=".6"/>
  <path d="M34 16H66V20H34ZM40 2H60V17H40Z" fill="${ink}"/><path d="M40 12H60V16H40Z" fill="${main}"/>
  <circle cx="45" cy="26" r="1.9" fill="${ink}"/><circle cx="55" cy="26" r="1.9" fill="${ink}"/><path d="M50 30L66 33L50 34Z" fill="#f08a2c"/>
  <path d="M36 39C44 44 56 44 64 39L63 45C56 49 44 49 37 45Z" fill="${main}"/><path d="M58 44l8 16l-7 2l-5 -16Z" fill="${dark}"/>
  <circle cx="50" cy="54" r="2" fill="${ink}"/><circle cx="50" cy="62" r="2" fill="${ink}"/><circle cx="50" cy="76" r="2" fill="${ink}"/>`;
}
