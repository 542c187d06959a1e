import { takeOwnership } from '../../../src/storage/sqlite/owner-lock.ts';

// Owns the folder until it is killed.
const ownership = takeOwnership(process.argv[2] ?? '');
process.stdout.write('owned\n');
process.stdin.once('end', () => ownership[Symbol.dispose]());
process.stdin.resume();
