#!/usr/bin/env bash
# file-type 22.3.0 names an Ogg file with Opus sound "audio/ogg; codecs=opus": the MIME type comes with a parameter, so
# comparing it with "audio/ogg" fails for just the format in which Telegram's voice messages travel. Ogg with Vorbis sound
# has no parameter.
# Prints both types and fails when they change. Needs npm and the npm registry.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error node@24.21.0 file-type@22.3.0 >/dev/null

cat > look.mjs <<'JS'
import { fileTypeFromBuffer } from 'file-type';

/** The first page of an Ogg stream (RFC 3533) that holds one packet. */
function firstPage(packet) {
  const head = Buffer.alloc(28);
  head.write('OggS', 0, 'latin1');
  head[5] = 2;
  head[26] = 1;
  head[27] = packet.length;
  return Buffer.concat([head, packet, Buffer.alloc(64)]);
}

/** RFC 7845, section 5.1: magic, version, channels, pre-skip, sample rate, gain, mapping. */
const opus = Buffer.concat([Buffer.from('OpusHead'), Buffer.from([1, 1, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0])]);
/** The identification header of Vorbis I, section 4.2.2. */
const vorbis = Buffer.concat([Buffer.from([1]), Buffer.from('vorbis'), Buffer.alloc(22, 1)]);

for (const [name, packet] of Object.entries({ opus, vorbis })) {
  console.log(`${name}: ${(await fileTypeFromBuffer(firstPage(packet)))?.mime}`);
}
JS
seen=$(./node_modules/.bin/node look.mjs)
echo "$seen"
[ "$seen" = "$(printf 'opus: audio/ogg; codecs=opus\nvorbis: audio/ogg')" ] || { echo "file-type no longer does this"; exit 1; }
