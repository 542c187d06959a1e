import { expect, test } from 'vitest';
import { multipart } from '../../../src/providers/http/multipart.ts';

test('multipart() writes a form that a server reads as it was, whatever is in its parts', async () => {
  const bytes = Buffer.from([0, 13, 10, 45, 45, 255]);
  const text = '--darkroom\r\n"quoted" 狐';
  const parts = [
    { name: 'prompt', text },
    { name: 'image[]', bytes, mime: 'image/png', fileName: 'a"\r\nb.png' },
  ];
  const { contentType, body } = multipart(parts);
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  expect(form.get('prompt')).toBe(text);
  const file = form.get('image[]');
  if (!(file instanceof File)) throw new Error('Cannot read the file: it is words');
  expect([file.type, Buffer.from(await file.arrayBuffer())]).toEqual(['image/png', bytes]);
  expect(multipart(parts)).toEqual({ contentType, body });
  expect(multipart([{ name: 'prompt', text: 'another' }]).contentType).not.toBe(contentType);
});
