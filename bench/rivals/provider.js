import { request } from 'undici';

/** Calls the provider with its keys in turn, as many at once as they have seats together, and fetches the results. */
export function providerOf({ PROVIDER_URL: url, PROVIDER_KEYS: names, SEATS: seats }) {
  const keys = names.split(',');
  const waiting = [];
  let free = keys.length * Number(seats);
  let turn = 0;

  const seat = async () => {
    if (free > 0) free -= 1;
    else await new Promise((resolve) => waiting.push(resolve));
  };
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    generate: async (prompt) => {
      await seat();
      let output;
      try {
        turn = (turn + 1) % keys.length;
        const { body } = await request(`${url}/stabilityai/stable-diffusion-xl-base-1.0`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: keys[turn] },
          body: JSON.stringify({ text: prompt }),
        });
        ({ output } = await body.json());
      } finally {
        leave();
      }
      const { body } = await request(output);
      return Buffer.from(await body.arrayBuffer());
    },
  };
}
