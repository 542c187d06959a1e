#!/usr/bin/env node
var needed = [24, 15];
var version = process.versions.node.split('.').map(Number);

if (version[0] < needed[0] || (version[0] === needed[0] && version[1] < needed[1])) {
  process.stderr.write(
    'Cannot start darkroom on Node ' +
      process.versions.node +
      ': it needs Node ' +
      needed.join('.') +
      ' or newer; install that, or use "npm start", which brings its own\n',
  );
  process.exitCode = 1;
} else {
  void import('./begin.js');
}
