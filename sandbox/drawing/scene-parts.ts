export type Sky = 'day' | 'dusk' | 'night';
export type Ground = 'meadow' | 'mountain' | 'sea' | 'beach' | 'city' | 'forest' | 'desert' | 'space' | 'room';
export type Weather = 'fair' | 'cloudy' | 'fog' | 'wind' | 'rain' | 'storm' | 'snow' | 'rainbow';
