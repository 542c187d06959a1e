#!/usr/bin/env bash
# @litehex/node-vault 1.1.4: kv2.read() takes a secret only when each of its values is a string. The KV version 2 engine of
# Vault stores any JSON, so a list or a number that `vault kv put -format=json` has written comes back as an error of
# validation, although the server answered 200 with the documented shape. The generic read() of the same client gives it.
# Prints what both say and fails when they change. Needs npm and the npm registry.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error node@24.21.0 @litehex/node-vault@1.1.4 >/dev/null

cat > look.mjs <<'JS'
import { createServer } from 'node:http';
import { once } from 'node:events';
import { Client } from '@litehex/node-vault';

/** https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version */
const answer = (data) => ({
  request_id: '3b9f2f0e-1c1d-4e5a-9b57-6d1b7f0f8a01',
  lease_id: '',
  renewable: false,
  lease_duration: 0,
  data: {
    data,
    metadata: {
      created_time: '2026-11-01T08:00:00.000000Z',
      custom_metadata: null,
      deletion_time: '',
      destroyed: false,
      version: 1,
    },
  },
  wrap_info: null,
  warnings: null,
  auth: null,
});
const secrets = { words: { one: 'first' }, list: { many: ['first', 'second'] } };
const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer(secrets[request.url.split('/').at(-1)])));
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const client = new Client({ endpoint: `http://127.0.0.1:${server.address().port}`, token: 'a-token' });
for (const path of ['words', 'list']) {
  const own = await client.kv2.read({ mountPath: 'secret', path });
  const plain = await client.read({ path: `secret/data/${path}` });
  console.log(`${path}: kv2.read ${own.error ? 'refuses' : 'gives it'}, read ${plain.error ? 'refuses' : 'gives it'}`);
}
server.close();
server.closeAllConnections();
JS
seen=$(./node_modules/.bin/node look.mjs)
echo "$seen"
expected=$(printf 'words: kv2.read gives it, read gives it\nlist: kv2.read refuses, read gives it')
[ "$seen" = "$expected" ] || { echo "@litehex/node-vault no longer does this"; exit 1; }
