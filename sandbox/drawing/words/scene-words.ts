import type { Ground, Sky, Weather } from '../scene-parts.ts';
import { finderOf } from './word-forms.ts';

const placeWords = {
  beach:
    'beach.en shore.en coast.en seaside sand surf wave.en tide.en 🏖 🌊 playa.es costa.es orilla.es arena.es ola.es берег.n побережь.n пляж.n волн.n песок песк.n прибо.n plage',
  sea: 'sea.en ocean.en lake.en river.en water.en harbour.en harbor.en bay.en island.en underwater pond.en waterfall.en mar.es océano.es lago.es río.es agua.es puerto.es isla.es bahía.es cascada.es мор.n океан.n озер.n рек.n речк.n вод.n гаван.n порт.n остров.n залив.n пруд.n водопад.n meer',
  mountain:
    'mountain.en peak.en alps alpine everest volcano.en cliff.en 🏔 ⛰ 🗻 montaña.es pico.es cumbre.es sierra.es alpes volcán.es гор.n вершин.n скал.n вулкан.n альп.n berg berge montagne',
  city: 'city.en town.en street.en skyline.en downtown tokyo paris london village.en road.en bridge.en square.en 🏙 🌆 🌃 ciudad.es calle.es pueblo.es avenida.es plaza.es puente.es carretera.es madrid город.n городок городк.n улиц.n улочк.n площад.n мост.n дорог.n деревн.n москв.n париж.n stadt ville',
  forest:
    'forest.en wood.en woodland.en jungle.en grove.en bosque.es selva.es jungla.es arboleda.es лес.n роща рощ.n джунгл.n чащ.n wald forêt',
  desert: 'desert.en dune.en sahara canyon.en 🏜 🐪 desierto.es duna.es cañón.es пустын.n дюн.n каньон.n бархан.n wüste',
  space:
    'space galaxy cosmos planet.en universe mars saturn nebula.en orbit.en 🌌 🪐 espacio.es galaxia.es planeta.es universo.es cosmos marte космос.n галактик.n планет.n вселенн.a вселенн.n марс.n weltall',
  room: 'room.en windowsill.en window.en kitchen.en interior.en sofa.en bedroom.en table.en habitación.es ventana.es alféizar.es cocina.es sofá sofás cama.es mesa.es комнат.n окно окна окну окном окне подоконник.n кухн.n диван.n стол столе столом столу zimmer',
  meadow:
    'meadow.en field.en hill.en grass.en valley.en garden.en park.en farm.en prado.es campo.es colina.es hierba.es valle.es jardín.es parque.es granja.es луг.n лужайк.n пол.n холм.n трав.n долин.n сад.n парк.n ферм.n wiese feld',
} as const satisfies Record<Ground, string>;

const skyWords = {
  day: 'day.en sun.en sunny morning.en noon midday summer.en spring.en sunlight ☀ 🌞 día.es sol.es soleado.es mañana.es mediodía.es verano.es primavera.es солнц.n солнышк.n солнечн.a день дня дню днем дни дней утр.n утренн.a полдень полдня лет.n летн.a весн.n весенн.a',
  dusk: 'dusk sunset.en sunrise.en dawn.en evening.en twilight autumn.en fall 🌅 🌇 atardecer.es amanecer.es ocaso.es crepúsculo.es tarde.es otoño.es alba.es puesta.es закат.n закатн.a рассвет.n рассветн.a сумерк.n сумерек вечер.n вечерн.a зар.n осен.n осенн.a',
  night:
    'night.en midnight moon.en moonlight moonlit star.en starry dark space galaxy neon cosmos aurora.es 🌙 🌕 🌌 noche.es medianoche.es luna.es estrella.es estrellado.es nocturno.es oscuro.es ночь ночи ночью ночей ночам ночах ночн.a полночь полноч.n лун.n лунн.a звезд.n звездочк.n звездн.a темн.a темнот.n сияни.n nacht nuit',
} as const satisfies Record<Sky, string>;

const weatherWords = {
  snow: 'snow.en snowy snowfall snowing winter.en frost frosty ice icy blizzard.en snowstorm.en snowflake.en christmas ❄ 🌨 ⛄ ☃ nieve.es nevado.es nevada.es nevando nieva invierno.es hielo.es helado.es helada.es ventisca.es escarcha.es navidad.es снег.n снега снежн.a снегопад.n снежинк.n зим.n зимн.a мороз.n морозн.a лед льд.n льдин.n метел.n вьюг.n иней рождеств.n заснежен.n заснеженн.a schnee neige',
  storm:
    'storm.en stormy thunderstorm.en thunder lightning tempest.en hurricane.en ⛈ 🌩 ⚡ tormenta.es tempestad.es tormentoso.es relámpago.es trueno.es rayo.es huracán.es гроз.n грозов.a шторм.n штормов.a буря бури буре бурю бурей бурь гром.n молни.n ураган.n sturm orage',
  rain: 'rain.en rainy raining drizzle shower.en downpour.en hail puddle.en wet 🌧 ☔ 🌦 lluvia.es lluvioso.es llueve lloviendo llovizna.es chubasco.es aguacero.es granizo.es charco.es mojado.es дожд.n дождик.n дождлив.a ливен.n ливн.n ливень морос.n град градом града луж.n regen pluie',
  fog: 'fog foggy mist misty haze hazy 🌫 niebla.es neblina.es bruma.es brumoso.es туман.n туманн.a дымк.n мгл.n nebel',
  wind: 'wind.en windy breeze.en gale.en 🌬 💨 viento.es ventoso.es brisa.es ветер ветр.n ветрен.a ветерок ветерк.n',
  rainbow: 'rainbow.en 🌈 arcoíris радуг.n regenbogen',
  cloudy:
    'cloud.en cloudy overcast gloomy ☁ ⛅ nube.es nublado.es nuboso.es encapotado.es облак.n облачк.n облачн.a туч.n пасмурн.a хмур.a wolken nuage',
  fair: 'clear fair bright despejado.es claro.es brillante.es ясн.a безоблачн.a ярк.a',
} as const satisfies Record<Weather, string>;

export const placeNamed = finderOf<Ground>(placeWords);
export const skyNamed = finderOf<Sky>(skyWords);
export const weatherNamed = finderOf<Weather>(weatherWords);

/** Words that put the moon into the sky; at night it stands there anyway. */
const moon = finderOf({ moon: 'moon.en moonlight moonlit 🌙 🌕 luna.es лун.n лунн.a' });

export function namesMoon(word: string): boolean {
  return moon(word) !== undefined;
}
