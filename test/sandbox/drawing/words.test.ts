import { expect, test } from 'vitest';
import { randomFromText } from '../../../sandbox/seeded-random.ts';
import { readScene } from '../../../sandbox/drawing/scene.ts';
import { colourNamed, type ColourName } from '../../../sandbox/drawing/words/colour-words.ts';
import { plainWord } from '../../../sandbox/drawing/words/word-forms.ts';

const read = (prompt: string) => readScene(prompt, randomFromText(prompt));

/** Each with its forms: plurals, Spanish genders, Russian cases. */
const figures = {
  fox: 'fox foxes zorro zorra zorros zorras лиса лисы лисе лису лисой лис лисам лисами лисах',
  cat: 'cat cats kitten gato gata gatos gatitas кот кота коту котом котов кошка кошкой кошек котёнок котята',
  dog: 'dog puppies perro perra perros perrito собака собаку собакой собак пёс псом волк волки волков',
  rabbit: 'rabbit bunnies conejo coneja conejos кролик кролика кроликами заяц зайца зайцы',
  bird: 'bird birds pájaro pájaros aves птица птицы птиц птицами птичка',
  owl: 'owl owls búho búhos lechuza сова совы сову совой сов',
  fish: 'fish fishes pez peces рыба рыбу рыбой рыбы рыбки',
  horse: 'horse horses caballo caballos yeguas лошадь лошади лошадью лошадей конь коня',
  bear: 'bear bears oso osos osa медведь медведя медведем медведи',
  lion: 'lion lions león leones лев льва львом львы',
  elephant: 'elephant elephants elefante elefantes слон слона слону слонами',
  dragon: 'dragon dragons dragón dragones дракон дракона драконе драконы',
  woman: 'woman women girl girls mujer mujeres niña niñas женщина женщину женщиной девочка девочки девушкой',
  man: 'man men boy boys hombre hombres niño niños мужчина мужчиной мальчик мальчику мальчики человек людей',
  robot: 'robot robots робот робота роботом роботы',
  astronaut: 'astronaut astronauts astronauta astronautas космонавт космонавта космонавты',
  tree: 'tree trees árbol árboles дерево дерева деревом деревья деревьев',
  flower: 'flower flowers flor flores цветок цветка цветы цветов розы',
  house: 'house houses casa casas casita дом дома домом домик домике',
  lighthouse: 'lighthouse lighthouses faro faros маяк маяка маяке маяки',
  castle: 'castle castles castillo castillos замок замка замке замки',
  boat: 'boat boats barco barcos barca лодка лодки лодку лодкой корабль корабля корабли',
  car: 'car cars coche coches машина машину машиной автомобили',
  tram: 'tram trams tranvía tranvías трамвай трамвая трамваи',
  train: 'train trains tren trenes поезд поезда поездом',
  cow: 'cow cows vaca vacas корова коровы корову коровой коров',
  mouse: 'mouse mice ratón ratones мышь мыши мышью мышка мышкой',
  squirrel: 'squirrel squirrels ardilla ardillas белка белки белку белкой белок',
  snake: 'snake snakes serpiente serpientes змея змеи змею змеёй',
  book: 'book books libro libros книга книги книгу книг',
  plane: 'plane planes avión aviones самолёт самолёта самолёты',
} as const;

const colours = {
  red: 'red rojo roja rojos rojas красный красная красное красные красного красную красным красной',
  orange: 'orange naranja naranjas оранжевый оранжевую оранжевые',
  yellow: 'yellow amarillo amarilla amarillos жёлтый жёлтая жёлтого жёлтых',
  green: 'green verde verdes зелёный зелёная зелёном зелёными',
  blue: 'blue azul azules синий синяя синее синего синюю синем синими',
  'light blue': 'celeste celestes голубой голубая голубое голубым',
  violet: 'violet violeta violetas фиолетовый фиолетовую',
  purple: 'purple morado morada moradas пурпурная',
  pink: 'pink rosa rosas rosado розовый розовая розовых',
  brown: 'brown marrón marrones коричневый коричневого бурый бурого',
  black: 'black negro negra negros negras чёрный чёрная чёрную чёрным',
  white: 'white blanco blanca blancos blancas белый белая белую белом',
  grey: 'grey gray gris grises серый серая серого серыми',
  gold: 'gold golden dorado dorada doradas золотой золотая золотого',
  silver: 'silver plateado plateadas серебряный серебряная',
  ginger: 'ginger pelirrojo pelirroja рыжий рыжая рыжего рыжую рыжими',
  turquoise: 'turquoise turquesa turquesas бирюзовый бирюзовое',
  beige: 'beige beis бежевый бежевая',
} as const satisfies Partial<Record<ColourName, string>>;

const weathers = {
  snow: 'snow snowy winter nieve nevado nevadas invierno снег снега снегу снегом снежная зимой мороз метель',
  rain: 'rain rainy drizzle lluvia lluvias lluviosa llueve дождь дождя дождём дожди дождливый ливень',
  storm: 'storm storms thunderstorm tormenta tormentas гроза грозы грозу грозой шторм шторме буря бурю молния',
  fog: 'fog foggy mist niebla neblina туман тумана тумане туманное',
  wind: 'wind windy viento ventosa ветер ветра ветром ветреный',
  cloudy: 'cloud clouds cloudy nube nubes nublado облако облака облаков тучи пасмурный',
  rainbow: 'rainbow rainbows arcoíris радуга радуги радугу радугой',
  fair: 'clear despejado despejada ясный ясное ясную',
} as const;

const skies = {
  day: 'day sunny morning día sol soleada mañana verano день солнце солнечный утро утром летом',
  dusk: 'sunset dawn evening atardecer amanecer otoño закат заката закате рассвет вечером осенью',
  night: 'night moon starry noche noches luna estrellas estrellada ночь ночи ночью луна луной звёзды звёздное',
} as const;

const places = {
  mountain: 'mountain mountains montaña montañas гора горы горах',
  sea: 'sea ocean lake mar río lago море моря морем озеро озере река реки',
  beach: 'beach waves playa playas olas берег берегу пляже волны',
  city: 'city street ciudad ciudades calle город города городе улице',
  forest: 'forest woods bosque bosques лес леса лесу',
  desert: 'desert dunes desierto пустыня пустыне',
  space: 'space galaxy espacio galaxias космос космосе',
  meadow: 'meadow field garden prado campo jardín луг лугу поле саду',
  room: 'room window windowsill ventana habitación окно окном окна комнате',
} as const;

const cases = (table: Readonly<Record<string, string>>) =>
  Object.entries(table).map(([name, forms]) => ({ name, forms: forms.split(' ') }));

test.each(cases(figures))('every form of the word draws a figure: $name', ({ name, forms }) => {
  expect(forms.filter((form) => read(form).figures[0]?.name !== name)).toEqual([]);
});

test.each(cases(colours))('every form of the word is a colour: $name', ({ name, forms }) => {
  expect(forms.filter((form) => colourNamed(plainWord(form))?.name !== name)).toEqual([]);
});

test.each(cases(weathers))('every form of the word makes the weather: $name', ({ name, forms }) => {
  expect(forms.filter((form) => read(form).weather !== name)).toEqual([]);
});

test.each(cases(skies))('every form of the word makes the sky: $name', ({ name, forms }) => {
  expect(forms.filter((form) => read(form).sky !== name || !read(form).named.includes(name))).toEqual([]);
});

test.each(cases(places))('every form of the word is a place: $name', ({ name, forms }) => {
  expect(forms.filter((form) => read(form).ground !== name)).toEqual([]);
});

test('words that only begin like a known one are not taken for it', () => {
  const innocent =
    'лист который Китай левый catalogue seat carpet rosary mariachi совет рыбалка морковь домино котлета';
  expect(innocent.split(' ').filter((form) => read(form).named.length > 0)).toEqual([]);
});
