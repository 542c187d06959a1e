// Preloaded into a peer that would listen on every address of the machine: it listens on loopback alone, and says where.
import { Server } from 'node:net';

const { value: listen } = Object.getOwnPropertyDescriptor(Server.prototype, 'listen');
let address;
Server.prototype.listen = function listenOnLoopback(port, ...more) {
  const callback = more.find((one) => typeof one === 'function');
  this.once('listening', () => (address = this.address()));
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, callback);
};

process.on('message', (question) => {
  if (question !== 'address') return;
  const wait = setInterval(() => {
    if (address === undefined) return;
    clearInterval(wait);
    process.send(address);
  }, 20);
});
