import { fileTypeFromBuffer } from 'file-type';
import { expect, test } from 'vitest';
import { drawVideo } from '../../../sandbox/drawing/draw-video.ts';

type Box = { readonly type: string; readonly body: Buffer };

function boxesIn(bytes: Buffer): readonly Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    if (size < 8) throw new Error(`Cannot read the MP4: a box of ${size} bytes`);
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}

function boxAt(bytes: Buffer, ...path: readonly string[]): Buffer {
  return path.reduce((inside, type) => {
    const box = boxesIn(inside).find((each) => each.type === type);
    if (box === undefined) throw new Error(`Cannot find the box "${type}"`);
    return box.body;
  }, bytes);
}

function secondsOf(mp4: Buffer): number {
  const header = boxAt(mp4, 'moov', 'mvhd');
  return header.readUInt32BE(16) / header.readUInt32BE(12);
}

const samplePath = ['moov', 'trak', 'mdia', 'minf', 'stbl'];

test('drawVideo() gives three seconds of H.264 in an MP4', async () => {
  const mp4 = Buffer.from(await drawVideo({ prompt: 'a red fox in the snow' }));
  const entry = boxAt(mp4, ...samplePath, 'stsd');
  expect((await fileTypeFromBuffer(mp4))?.mime).toBe('video/mp4');
  expect(boxesIn(mp4).map((box) => box.type)).toEqual(expect.arrayContaining(['ftyp', 'mdat', 'moov']));
  expect(entry.toString('latin1', 12, 16)).toBe('avc1');
  expect([entry.readUInt16BE(40), entry.readUInt16BE(42)]).toEqual([320, 240]);
  expect(secondsOf(mp4)).toBeCloseTo(3);
  expect(boxAt(mp4, ...samplePath, 'stsz').readUInt32BE(8)).toBe(24);
});

test('drawVideo() accepts another size, length and frame rate', async () => {
  const mp4 = Buffer.from(await drawVideo({ prompt: 'rain', width: 160, height: 96, seconds: 2, fps: 4 }));
  expect(secondsOf(mp4)).toBeCloseTo(2);
  expect(boxAt(mp4, ...samplePath, 'stsz').readUInt32BE(8)).toBe(8);
});

test('drawVideo() moves: hardly any frame after the first is empty', async () => {
  const mp4 = Buffer.from(await drawVideo({ prompt: 'a fox', width: 160, height: 96, seconds: 2, fps: 4 }));
  const sizes = boxAt(mp4, ...samplePath, 'stsz').subarray(12);
  for (let frame = 1; frame < 8; frame += 1) expect(sizes.readUInt32BE(frame * 4)).toBeGreaterThan(60);
});

test('drawVideo() gives the same bytes for the same request, also two at a time', async () => {
  const request = { prompt: 'a boat at night', width: 96, height: 64, seconds: 1 };
  const [first, second, other] = await Promise.all([
    drawVideo(request),
    drawVideo(request),
    drawVideo({ ...request, seed: 9 }),
  ]);
  expect(Buffer.from(first).equals(Buffer.from(second))).toBe(true);
  expect(Buffer.from(first).equals(Buffer.from(other))).toBe(false);
});

test('drawVideo() leaves no crash handler on the process', async () => {
  const hooks = () => [process.listeners('uncaughtException'), process.listeners('unhandledRejection')];
  const before = hooks();
  await drawVideo({ prompt: 'x', width: 64, height: 64, seconds: 0.25 });
  expect(hooks()).toEqual(before);
});

test.each([{ width: 65 }, { fps: 0 }, { fps: 2.5 }, { seconds: 0 }, { seconds: 1000 }])(
  'drawVideo() refuses %j',
  async (part) => {
    await expect(drawVideo({ prompt: 'x', width: 64, height: 64, ...part })).rejects.toThrow('Cannot draw a video');
  },
);
