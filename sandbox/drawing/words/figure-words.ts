import type { FigureName } from '../figures/figures.ts';
import { finderOf } from './word-forms.ts';

/** What people call each figure: English, Spanish, Russian, some French, German and Italian, and its emoji. */
const figureWords = {
  fox: 'fox.en vixen.en 🦊 zorro.es лис.n лисиц.n лисичк.n лисенок лисят.n renard fuchs volpe',
  cat: 'cat.en kitten.en kitty.en 🐱 🐈 gato.es кот.n кошк.n кошек кошечк.n котик.n котенок котенк.n котят.n katze gatto tiger.en 🐅 🐯 tigre.es тигр.n тигренок',
  dog: 'dog.en puppy.en wolf wolves 🐶 🐕 🐺 perro.es cachorro.es lobo.es собак.n собачк.n пес псы пса псом псу щенок щенк.n щенят.n волк.n волчонок chien hund',
  rabbit:
    'rabbit.en bunny.en hare.en 🐰 🐇 conejo.es liebre.es кролик.n крольчонок зайц.n заяц зайчик.n зайчонок lapin hase',
  bird: 'bird.en sparrow.en parrot.en eagle.en robin.en seagull.en gull.en dove.en pigeon.en crow.en raven.en swallow.en 🐦 🦅 🦜 🕊 pájaro.es gaviota.es paloma.es águila.es loro.es gorrión.es ave.es птиц.n птичк.n птичек чайк.n чаек голубь голубя голуби голубей орел орл.n попуга.n ворон.n воробей воробь.n oiseau vogel uccello',
  owl: 'owl.en 🦉 búho.es lechuza.es сов.n совят.n совенок филин.n hibou eule gufo',
  butterfly:
    'butterfly.en moth.en 🦋 mariposa.es бабочк.n бабочек мотыл.n мотылек мотыльк.n papillon schmetterling farfalla',
  fish: 'fish.en shark.en goldfish.en 🐟 🐠 🦈 pez.es pescado.es tiburón.es рыб.n рыбк.n рыбок акул.n poisson fisch pesce',
  horse:
    'horse.en pony.en unicorn.en 🐴 🐎 🦄 caballo.es yegua.es poni.es unicornio.es лошад.n лошадк.n кон.n пони единорог.n cheval pferd cavallo',
  bear: 'bear.en panda.en 🐻 🐼 oso.es osezno.es медвед.n медвежон.n медвежонок медвежат.n мишк.n панд.n bär orso',
  lion: 'lion.en lioness.en 🦁 león.es leona.es лев льв.n львиц.n львенок löwe leone',
  elephant: 'elephant.en mammoth.en 🐘 elefante.es слон.n слоник.n слоненок мамонт.n éléphant elefant',
  penguin: 'penguin.en 🐧 pingüino.es пингвин.n pingouin pinguin',
  duck: 'duck.en duckling.en goose geese swan.en chicken.en 🦆 🦢 pato.es cisne.es ganso.es утк.n уток уточк.n утенок утят.n лебед.n гус.n canard ente',
  whale: 'whale.en dolphin.en orca.en 🐳 🐋 🐬 ballena.es delfín.es кит.n китен.n дельфин.n касатк.n baleine wal',
  dragon: 'dragon.en dinosaur.en 🐉 🐲 🦕 🦖 dragón.es dinosaurio.es дракон.n дракончик.n динозавр.n drache drago',
  cow: 'cow.en bull.en calf calves ox oxen 🐄 🐮 🐂 vaca.es toro.es ternero.es коров.n коровк.n бык.n теленок телят.n kuh vache',
  sheep:
    'sheep lamb.en goat.en 🐑 🐏 🐐 oveja.es cordero.es cabra.es овц.n овец овечк.n баран.n ягнен.n ягненок ягнят.n коз.n козл.n schaf mouton',
  pig: 'pig.en piglet.en hog.en boar.en 🐷 🐖 cerdo.es cochino.es lechón.es свинь.n свиней свинк.n поросенок поросят.n кабан.n schwein cochon',
  mouse:
    'mouse mice rat.en hamster.en 🐭 🐁 🐹 ratón.es ratoncito.es rata.es hámster мыш.n мышк.n мышонок мышат.n крыс.n хомяк.n хомячок хомячк.n maus souris',
  frog: 'frog.en toad.en 🐸 rana.es sapo.es лягушк.n лягушек жаб.n frosch grenouille',
  turtle: 'turtle.en tortoise.en 🐢 tortuga.es черепах.n черепашк.n schildkröte tortue',
  deer: 'deer stag.en doe reindeer moose elk fawn.en 🦌 ciervo.es venado.es reno.es alce.es олен.n олененок лос.n hirsch cerf',
  monkey:
    'monkey.en ape.en chimpanzee.en gorilla.en 🐵 🐒 🦍 mono monos monito simio.es gorila.es обезьян.n обезьянк.n мартышк.n горилл.n affe singe',
  squirrel:
    'squirrel.en chipmunk.en hedgehog.en 🐿 🦔 ardilla.es erizo.es белк.n белок белочк.n бельчонок бурундук.n еж ежи ежик.n eichhörnchen écureuil',
  snake:
    'snake.en serpent.en cobra.en python.en 🐍 serpiente.es culebra.es змея змеи змею змеей змей змеям змеями удав.n schlange serpent',
  woman:
    'woman women girl.en lady.en ladies queen.en princess.en witch.en mermaid.en dancer.en ballerina.en mother.en grandmother.en 👩 👧 👵 👸 mujer.es niña.es chica.es señora.es reina.es princesa.es bruja.es bailarina.es abuela.es sirena.es женщин.n девушк.n девушек девочк.n девочек девчонк.n королев.n принцесс.n бабушк.n ведьм.n балерин.n мам.n русалк.n femme frau donna',
  man: 'man men boy.en knight.en king.en wizard.en samurai pirate.en person people child children kid.en fisherman farmer.en 👨 👦 👴 🤴 🧙 hombre.es niño.es chico.es caballero.es rey.es mago.es señor.es abuelo.es persona.es gente pirata.es мужчин.n мальчик.n рыцар.n корол.n человек.n люди людей людям людьми людях дедушк.n волшебник.n парен.n парн.n дет.n детьми ребенок ребенк.n пират.n самура.n homme mann uomo',
  astronaut: 'astronaut.en cosmonaut.en spaceman astronauta.es cosmonauta.es космонавт.n астронавт.n astronaute',
  robot: 'robot.en android.en cyborg.en 🤖 робот.n робота роботик.n roboter robots autómata.es',
  snowman: 'snowman snowmen ⛄ ☃ снеговик.n schneemann bonhomme',
  tree: 'tree.en oak.en pine.en palm.en birch.en willow.en fir.en 🌳 🌲 🌴 🎄 árbol.es arbolito.es roble.es pino.es palmera.es abeto.es дерев.n деревц.n дуб.n сосн.n березк.n берез.n пальм.n елк.n елок ив.n ель ели arbre baum albero',
  flower:
    'flower.en rose.en tulip.en daisy.en sunflower.en lily.en poppy.en orchid.en 🌸 🌹 🌷 🌻 🌼 🌺 💐 flor.es rosa.es tulipán.es girasol.es margarita.es amapola.es цветок цветк.n цветы цветов цветам цветами цветах цветочек цветочк.n роз.n тюльпан.n ромашк.n подсолнух.n мак.n лили.n букет.n fleur blume fiore',
  heart: 'heart.en love ❤ 💖 💕 corazón.es amor.es сердц.n сердечк.n сердец любов.n cœur herz cuore',
  star: 'star estrella звезда звезду звездой ⭐ 🌟',
  umbrella: 'umbrella.en parasol.en ☂ ☔ 🌂 paraguas sombrilla.es зонт.n зонтик.n parapluie regenschirm',
  cup: 'cup.en mug.en coffee tea teapot.en latte.en cappuccino.en ☕ 🍵 taza.es café.es чашк.n чашек кружк.n кофе чай чая чаю чаем чае чайник.n kaffee tasse',
  mushroom: 'mushroom.en toadstool.en 🍄 seta.es hongo.es champiñón.es гриб.n грибок грибк.n мухомор.n champignon pilz',
  apple:
    'apple.en fruit.en peach.en cherry.en 🍎 🍏 🍑 manzana.es fruta.es melocotón.es cereza.es яблок.n яблочк.n фрукт.n персик.n вишн.n pomme apfel mela',
  cake: 'cake.en cupcake.en pie.en 🎂 🍰 🧁 pastel.es tarta.es торт.n тортик.n пирог.n пирожн.a кекс.n kuchen gâteau',
  guitar: 'guitar.en violin.en ukulele.en 🎸 🎻 guitarra.es violín.es гитар.n скрипк.n gitarre guitare',
  book: 'book.en library.en novel.en 📖 📚 libro.es biblioteca.es книг.n книжк.n книжек библиотек.n buch livre',
  ghost: 'ghost.en phantom.en spirit.en 👻 fantasma.es espíritu.es призрак.n привидени.n приведени.n geist fantôme',
  house:
    'house.en home.en cottage.en cabin.en hut.en barn.en church.en 🏠 🏡 casa.es cabaña.es choza.es iglesia.es дом.n домик.n домишк.n изб.n избушк.n хижин.n церк.n церков.n maison haus',
  lighthouse: 'lighthouse.en faro.es маяк.n маячок phare leuchtturm',
  castle:
    'castle.en palace.en fortress.en tower.en temple.en 🏰 🏯 castillo.es palacio.es fortaleza.es torre.es templo.es замок замк.n дворец дворц.n крепост.n башн.n храм.n château schloss castello',
  windmill: 'windmill.en mill.en molino.es мельниц.n moulin windmühle',
  boat: 'boat.en ship.en sailboat.en yacht.en canoe.en ferry.en ⛵ 🚤 🛶 🚢 barco.es barca.es barquito.es velero.es bote.es canoa.es buque.es лодк.n лодок лодочк.n корабл.n кораблик.n парусник.n яхт.n bateau schiff',
  'paper boat': '',
  rocket:
    'rocket.en spaceship.en spacecraft starship.en ufo.en 🚀 🛸 cohete.es nave.es ракет.n звездолет.n fusée rakete razzo',
  balloon: 'balloon.en airship.en 🎈 globo.es дирижабл.n ballon palloncino шар.n шарик.n',
  tram: 'tram.en trolley.en streetcar.en bus buses 🚋 🚌 🚎 tranvía.es autobús autobuses трамва.n трамвайчик.n автобус.n троллейбус.n straßenbahn',
  train:
    'train.en locomotive.en railway.en 🚂 🚆 🚅 tren.es locomotora.es ferrocarril.es поезд.n паровоз.n электричк.n zug treno',
  car: 'car.en taxi.en truck.en automobile.en 🚗 🚙 🚕 🏎 coche.es carro.es auto.es camión.es машин.n машинк.n автомобил.n такси грузовик.n voiture',
  bicycle:
    'bicycle.en bike.en motorcycle.en scooter.en 🚲 🏍 bicicleta.es bici.es moto.es велосипед.n мотоцикл.n vélo fahrrad',
  plane:
    'plane.en airplane.en aeroplane.en aircraft jet.en ✈ 🛩 avión.es avioneta.es самолет.n самолетик.n avion flugzeug',
} as const satisfies Record<FigureName, string>;

export const figureNamed = finderOf<FigureName>(figureWords);

/** Words that, somewhere before a boat, make it one of paper. */
const paper = finderOf({ paper: 'paper origami papel бумажн.a бумаг.n' });

export function namesPaper(word: string): boolean {
  return paper(word) !== undefined;
}
