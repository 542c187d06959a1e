import type { FigureName } from '../figures/figures.ts';
import type { Ground, Sky, Weather } from '../scene-parts.ts';

type Drawable = FigureName | Ground | Sky | Weather;

/**
 * What the examples of the other locales speak of, a row for each language: every form that an example has, as it is
 * written there. The words of English, Spanish and Russian, with all their forms, stand in the lists themselves.
 */
const furtherWords: Readonly<Record<string, Readonly<Partial<Record<Drawable, string>>>>> = {
  fa: {
    fox: 'روباه روباهی',
    cat: 'گربه',
    woman: 'دختر دختری زن زنی',
    robot: 'ربات رباتی',
    flower: 'گل گلی',
    umbrella: 'چتر چتری',
    guitar: 'ویولن ویولنی',
    house: 'کلبه خانه',
    lighthouse: 'فانوس فانوسی',
    castle: 'قلعه',
    boat: 'قایق قایقی',
    beach: 'ساحل موج',
    sea: 'دریا دریاچه بندر',
    meadow: 'تپه',
    day: 'صبح',
    dusk: 'غروب سپیده عصر',
    snow: 'برف برفی زمستان زمستانش',
    storm: 'طوفان توفان',
    rain: 'باران بارانی',
  },
  ar: {
    fox: 'ثعلب الثعلب',
    cat: 'قط قطة',
    woman: 'فتاة امرأة',
    robot: 'روبوت',
    flower: 'زهرة نبتة',
    umbrella: 'مظلة',
    guitar: 'كمان',
    house: 'كوخ بيت منزل',
    lighthouse: 'منارة',
    castle: 'قلعة',
    boat: 'قوارب قارب سفينة',
    beach: 'شاطئ الشاطئ أمواج',
    sea: 'بحر البحر بحيرة ميناء',
    meadow: 'تلة حقل',
    day: 'صباح الصباح',
    dusk: 'الغروب غروب الفجر فجر مساء',
    snow: 'ثلج الثلج شتاء الشتاء',
    storm: 'عاصفة',
    rain: 'مطر المطر ممطر',
  },
  uk: {
    fox: 'лисиця лисицю лисиці лис лисичка',
    cat: 'кіт кота кішка кішку кошеня',
    woman: 'дівчина дівчину жінка жінку',
    robot: 'робот',
    flower: 'квітка квітку квіти',
    umbrella: 'парасолька парасолькою парасольку',
    guitar: 'скрипка скрипку гітара',
    house: 'хатинка хатинку хата будинок',
    lighthouse: 'маяк',
    castle: 'замок',
    boat: 'човен човни човнами човном',
    beach: 'пляж пляжі берег хвилі',
    sea: 'море озеро озера гавань',
    meadow: 'пагорб пагорбі поле',
    day: 'ранок ранкове',
    dusk: 'захід заході світанок світанку вечір вечора',
    snow: 'сніг снігу снігом зима зиму',
    storm: 'шторм гроза',
    rain: 'дощ дощі дощем дощового',
  },
  'pt-BR': {
    fox: 'raposa raposas',
    snow: 'neve',
    day: 'manhã',
    beach: 'praia ondas onda',
    dusk: 'entardecer amanhecer',
    lighthouse: 'farol',
    storm: 'tempestade',
    castle: 'castelo',
    cat: 'gato gata',
  },
  de: {
    snow: 'schnee',
    day: 'morgenlicht morgen',
    beach: 'strand wellen welle',
    dusk: 'abenddämmerung morgengrauen sonnenuntergang',
    storm: 'sturm gewitter',
  },
  fr: {
    snow: 'neige',
    day: 'matin',
    beach: 'plage vagues vague',
    dusk: 'crépuscule aube',
    lighthouse: 'phare',
    storm: 'tempête',
  },
  tr: {
    fox: 'tilki',
    snow: 'kar karda',
    day: 'sabah',
    beach: 'kumsal kumsala dalgalar',
    dusk: 'batımında şafakta',
    lighthouse: 'feneri',
    storm: 'fırtına fırtınada',
  },
  id: {
    fox: 'rubah',
    snow: 'salju',
    day: 'pagi',
    beach: 'pantai ombak',
    dusk: 'senja fajar',
    lighthouse: 'mercusuar',
    storm: 'badai',
  },
};

/** The words for a thing in all further languages. */
export function furtherWordsFor(name: string): readonly string[] {
  return Object.values(furtherWords).flatMap((words) => (words as Record<string, string>)[name]?.split(' ') ?? []);
}
