/** What the bytes of a file are. */
export const mediaKinds = ['image', 'video', 'audio'] as const;

export type MediaKind = (typeof mediaKinds)[number];

/** What people may ask for: the rows of `kindTraits`. */
export const jobKinds = ['image', 'edit', 'video', 'music', 'speech', 'chat'] as const;
export type JobKind = (typeof jobKinds)[number];

export const lanes = ['premium', 'free'] as const;
export type Lane = (typeof lanes)[number];

/** After this many consecutive premium jobs one free job goes first. */
export const premiumInARow = 4;

/** Returns the lane that goes next, given the lanes with a job and the current premium streak. */
export function nextLane(has: Readonly<Record<Lane, boolean>>, inARow: number): Lane | undefined {
  if (has.premium && !(has.free && inARow >= premiumInARow)) return 'premium';
  return has.free ? 'free' : undefined;
}

/** Returns the premium streak after a job of `lane` has started, capped at `premiumInARow`. */
export function streakAfter(lane: Lane, inARow: number): number {
  return lane === 'premium' ? Math.min(inARow + 1, premiumInARow) : 0;
}

/** The lane in which the person is served: premium as long as it lasts, or always for those that the operator names. */
export function laneOf(
  { id, premiumUntilMs = 0 }: { readonly id: number; readonly premiumUntilMs?: number },
  premiumIds: ReadonlySet<number>,
  nowMs: number,
): Lane {
  return premiumIds.has(id) || premiumUntilMs > nowMs ? 'premium' : 'free';
}

/** The Telegram message that carries a result; a file that does not fit into it goes as a document. */
export const carriers = ['photo', 'video', 'audio', 'voice', 'document', 'text'] as const;
export type Carrier = (typeof carriers)[number];

/** A setting in seconds and the value that holds without it. */
type SecondsSetting = { readonly variable: `${string}_S`; readonly defaultMs: number };

/**
 * Everything in which one kind of request differs from another. Nothing else switches on the kind: a new kind is a name
 * in `jobKinds`, a row here, and the messages that the compiler and the locale test then ask for.
 */
export type KindTraits = {
  /** The Telegram command, without its slash. */
  readonly command: string;
  /** The variable that names the kind's candidates. */
  readonly chainVariable: `${string}_CHAIN`;
  /** What a request is made from besides its words; requests without it are not accepted. */
  readonly needs: 'words' | 'picture';
  /** Whether shape and style are worth asking for. */
  readonly isVisual: boolean;
  /** Whether a button offers it for words that came without a command. */
  readonly isOfferedForWords: boolean;
  /** What a job weighs in the fair order and against the queue; a picture weighs 1. */
  readonly cost: number;
  /** How long one provider call may take. */
  readonly timeout: SecondsSetting;
  /** How long a job may take from its first claim. */
  readonly deadline: SecondsSetting;
  /** How many a person may ask for in one day: `FREE_<noun>_PER_DAY`; -1 is without limit. */
  readonly quota: { readonly noun: Uppercase<string>; readonly perDay: Readonly<Record<Lane, number>> };
  readonly carrier: Carrier;
  /** What the bytes of a result may be; anything else is refused. Empty where the result is words. */
  readonly accepts: readonly MediaKind[];
  /** Single MIME types that are accepted besides. */
  readonly alsoAccepts: readonly string[];
  /** The largest result that is kept. */
  readonly maxBytes: number;
  /** How long one download of a result may take. */
  readonly downloadMs: number;
};

export const kindTraits = {
  image: {
    command: 'generate',
    chainVariable: 'IMAGE_CHAIN',
    needs: 'words',
    isVisual: true,
    isOfferedForWords: true,
    cost: 1,
    timeout: { variable: 'IMAGE_TIMEOUT_S', defaultMs: 90_000 },
    deadline: { variable: 'IMAGE_DEADLINE_S', defaultMs: 600_000 },
    quota: { noun: 'IMAGES', perDay: { free: 20, premium: -1 } },
    carrier: 'photo',
    accepts: ['image'],
    alsoAccepts: [],
    maxBytes: 50_000_000,
    downloadMs: 60_000,
  },
  edit: {
    command: 'edit',
    chainVariable: 'EDIT_CHAIN',
    needs: 'picture',
    isVisual: true,
    isOfferedForWords: false,
    cost: 1,
    timeout: { variable: 'EDIT_TIMEOUT_S', defaultMs: 120_000 },
    deadline: { variable: 'EDIT_DEADLINE_S', defaultMs: 600_000 },
    quota: { noun: 'EDITS', perDay: { free: 20, premium: -1 } },
    carrier: 'photo',
    accepts: ['image'],
    alsoAccepts: [],
    maxBytes: 50_000_000,
    downloadMs: 60_000,
  },
  video: {
    command: 'video',
    chainVariable: 'VIDEO_CHAIN',
    needs: 'words',
    isVisual: true,
    isOfferedForWords: true,
    // About four pictures' time.
    cost: 4,
    timeout: { variable: 'VIDEO_TIMEOUT_S', defaultMs: 180_000 },
    deadline: { variable: 'VIDEO_DEADLINE_S', defaultMs: 1_800_000 },
    quota: { noun: 'VIDEOS', perDay: { free: 3, premium: 20 } },
    carrier: 'video',
    accepts: ['video'],
    // What moves without being a video.
    alsoAccepts: ['image/gif'],
    maxBytes: 50_000_000,
    downloadMs: 120_000,
  },
  music: {
    command: 'music',
    chainVariable: 'MUSIC_CHAIN',
    needs: 'words',
    isVisual: false,
    isOfferedForWords: true,
    cost: 2,
    timeout: { variable: 'MUSIC_TIMEOUT_S', defaultMs: 300_000 },
    deadline: { variable: 'MUSIC_DEADLINE_S', defaultMs: 1_800_000 },
    quota: { noun: 'SONGS', perDay: { free: 5, premium: -1 } },
    carrier: 'audio',
    accepts: ['audio'],
    alsoAccepts: [],
    maxBytes: 50_000_000,
    downloadMs: 120_000,
  },
  speech: {
    command: 'say',
    chainVariable: 'SPEECH_CHAIN',
    needs: 'words',
    isVisual: false,
    isOfferedForWords: false,
    cost: 1,
    timeout: { variable: 'SPEECH_TIMEOUT_S', defaultMs: 90_000 },
    deadline: { variable: 'SPEECH_DEADLINE_S', defaultMs: 600_000 },
    quota: { noun: 'RECORDINGS', perDay: { free: 20, premium: -1 } },
    carrier: 'audio',
    accepts: ['audio'],
    alsoAccepts: [],
    maxBytes: 50_000_000,
    downloadMs: 60_000,
  },
  chat: {
    command: 'ask',
    chainVariable: 'CHAT_CHAIN',
    needs: 'words',
    isVisual: false,
    isOfferedForWords: true,
    cost: 1,
    timeout: { variable: 'CHAT_TIMEOUT_S', defaultMs: 120_000 },
    deadline: { variable: 'CHAT_DEADLINE_S', defaultMs: 600_000 },
    quota: { noun: 'ANSWERS', perDay: { free: 50, premium: -1 } },
    carrier: 'text',
    accepts: [],
    alsoAccepts: [],
    maxBytes: 1_000_000,
    downloadMs: 60_000,
  },
} as const satisfies Record<JobKind, KindTraits>;

/** The kind of a request that names none. */
export const defaultKind: JobKind = 'image';

/** The commands that ask for a result, in the order of the kinds. */
export const kindCommands = jobKinds.map((kind) => kindTraits[kind].command);

/** The traits of a kind as every kind has them. */
export function traitsOf(kind: JobKind): KindTraits {
  return kindTraits[kind];
}

/** A value for each kind. */
export function perKind<Value>(valueOf: (kind: JobKind) => Value): Readonly<Record<JobKind, Value>> {
  return Object.fromEntries(jobKinds.map((kind) => [kind, valueOf(kind)])) as Record<JobKind, Value>;
}

/** One look that people may ask for by its name: `--style watercolor`. */
type StyleTraits = {
  /** The kinds that it suits. */
  readonly kinds: readonly JobKind[];
  /**
   * Other names, also in Spanish and Russian: in small letters, without accents, with a hyphen between words. Those in the
   * other languages are `furtherStyleNames`.
   */
  readonly aliases: readonly string[];
};

const still = ['image', 'edit'] as const;
const moving = ['image', 'edit', 'video'] as const;

/**
 * Every style, in the order in which they are shown. It is data: a new style is a row here and, in each locale, its words
 * (`style.…`), its label (`button.style-…`) and an example (`example.style-…`). Names are stored with requests and stay.
 */
export const styleTraits = {
  photo: { kinds: moving, aliases: ['photograph', 'photorealistic', 'realistic', 'foto', 'fotografia', 'фото'] },
  painting: { kinds: moving, aliases: ['oil', 'oil-painting', 'oleo', 'pintura', 'картина', 'живопись', 'масло'] },
  anime: { kinds: moving, aliases: ['manga', 'аниме', 'манга'] },
  watercolor: { kinds: moving, aliases: ['watercolour', 'aquarelle', 'acuarela', 'акварель'] },
  sketch: {
    kinds: moving,
    aliases: ['pencil', 'drawing', 'boceto', 'lapiz', 'dibujo', 'эскиз', 'карандаш', 'набросок'],
  },
  'line-art': { kinds: still, aliases: ['lineart', 'line', 'lines', 'lineas', 'contorno', 'контур', 'линии'] },
  comic: { kinds: moving, aliases: ['comics', 'cartoon', 'historieta', 'tebeo', 'комикс', 'комиксы'] },
  'pixel-art': {
    kinds: moving,
    aliases: ['pixel', 'pixels', 'pixelart', 'pixeles', 'пиксель', 'пиксели', 'пиксель-арт'],
  },
  '3d': { kinds: moving, aliases: ['render', '3d-render', 'рендер', '3д'] },
  logo: { kinds: still, aliases: ['emblem', 'logotipo', 'логотип', 'лого'] },
  blueprint: { kinds: still, aliases: ['plan', 'technical-drawing', 'plano', 'чертеж', 'план'] },
  wiring: {
    kinds: still,
    aliases: ['wiring-diagram', 'circuit', 'breadboard', 'circuito', 'cableado', 'схема', 'электросхема', 'монтаж'],
  },
} as const satisfies Record<string, StyleTraits>;

export type StyleName = keyof typeof styleTraits;

/** What people call the styles in the other languages, a row for each locale; a name that several share stands once. */
const furtherStyleNames: Readonly<Record<string, string>> = {
  'zh-Hans':
    '照片=photo 写实=photo 油画=painting 动漫=anime 水彩=watercolor 素描=sketch 铅笔=sketch 线稿=line-art 线条=line-art 漫画=comic 像素=pixel-art 像素画=pixel-art 三维=3d 立体=3d 标志=logo 图标=logo 蓝图=blueprint 图纸=blueprint 接线图=wiring 电路=wiring',
  hi: 'फ़ोटो=photo फोटो=photo तस्वीर=photo चित्रकारी=painting तैलचित्र=painting एनीमे=anime जलरंग=watercolor वॉटरकलर=watercolor पेंसिल=sketch स्केच=sketch रेखाचित्र=line-art कॉमिक=comic पिक्सेल=pixel-art पिक्सेल-आर्ट=pixel-art 3डी=3d त्रिआयामी=3d लोगो=logo नक़्शा=blueprint ब्लूप्रिंट=blueprint वायरिंग=wiring',
  fa: 'عکس=photo نقاشی=painting رنگ-روغن=painting انیمه=anime آبرنگ=watercolor طرح-مدادی=sketch مدادی=sketch خطی=line-art کمیک=comic پیکسل=pixel-art پیکسلی=pixel-art سه‌بعدی=3d سه-بعدی=3d لوگو=logo نقشه=blueprint نقشه-فنی=blueprint نقشهٔ-فنی=blueprint سیم‌کشی=wiring سیمکشی=wiring',
  ar: 'صورة=photo تصوير=photo لوحة=painting زيتي=painting أنمي=anime مائي=watercolor ألوان-مائية=watercolor رصاص=sketch رسم-بالرصاص=sketch خطوط=line-art قصة-مصورة=comic قصة-مصوّرة=comic كوميك=comic بكسل=pixel-art ثلاثي-الأبعاد=3d شعار=logo مخطط-هندسي=blueprint مخطط=blueprint توصيل=wiring',
  uk: 'світлина=photo фотографія=photo олія=painting живопис=painting аніме=anime ескіз=sketch олівець=sketch лініі=line-art комікс=comic комікси=comic піксель=pixel-art пікселі=pixel-art тривимірна=3d креслення=blueprint',
  'pt-BR':
    'aquarela=watercolor esboco=sketch desenho=sketch linhas=line-art quadrinhos=comic planta=blueprint planta-tecnica=blueprint ligacoes=wiring',
  de: 'gemalde=painting olgemalde=painting aquarell=watercolor skizze=sketch zeichnung=sketch strichzeichnung=line-art comicbild=comic pixelgrafik=pixel-art blaupause=blueprint schaltplan=wiring',
  fr: 'photographie=photo peinture=painting croquis=sketch dessin=sketch au-trait=line-art trait=line-art bande-dessinee=comic bd=comic en-pixels=pixel-art plan-technique=blueprint cablage=wiring',
  tr: 'fotograf=photo tablo=painting yaglı-boya=painting suluboya=watercolor eskiz=sketch cizgi=line-art cizgi-roman=comic piksel=pixel-art uc-boyutlu=3d amblem=logo teknik-cizim=blueprint devre-seması=wiring',
  id: 'lukisan=painting akuarel=watercolor cat-air=watercolor sketsa=sketch seni-garis=line-art komik=comic seni-piksel=pixel-art tiga-dimensi=3d lambang=logo cetak-biru=blueprint rangkaian=wiring',
};

/** Pairs of a name and the style that it means. */
export const furtherAliases = Object.values(furtherStyleNames)
  .flatMap((row) => row.split(' '))
  .map((pair) => pair.split('=') as [name: string, style: StyleName]);

export const styleNames = Object.keys(styleTraits) as [StyleName, ...StyleName[]];

/** The styles that suit a kind; none for what has no look. */
export function stylesOf(kind: JobKind): readonly StyleName[] {
  return styleNames.filter((name) => suits(name, kind));
}

/** The style that somebody wrote by one of its names, however spelt; undefined where the kind has no such style. */
export function styleOf(written: string, kind: JobKind): StyleName | undefined {
  const name = plainName(written);
  return stylesOf(kind).find((style) => style === name || aliasesOf(style).includes(name));
}

/** The words that a style adds to a request, in the language of the person; they come from the locales. */
export type StyleWords = (style: StyleName, locale: string) => string;

function suits(style: StyleName, kind: JobKind): boolean {
  const kinds: readonly JobKind[] = styleTraits[style].kinds;
  return kinds.includes(kind);
}

function aliasesOf(style: StyleName): readonly string[] {
  return [
    ...styleTraits[style].aliases,
    ...furtherAliases.filter(([, named]) => named === style).map(([name]) => name),
  ];
}

/** In small letters, without accents (`й` stays a letter of its own), with one hyphen between words. */
function plainName(written: string): string {
  return written
    .trim()
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/(?<!и)[\u0300-\u036f]/gu, '')
    .normalize('NFC')
    .replaceAll(/[\s_\u2010-\u2015-]+/gu, '-');
}
