import { roomsTable, readRooms } from './rooms.ts';
import { join } from 'node:path';
const root = join(import.meta.dirname, '../..');
process.stdout.write(`${roomsTable(readRooms(root))}\n`);
