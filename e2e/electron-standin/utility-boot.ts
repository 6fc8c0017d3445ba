// The other end of utilityProcess.fork: gives the module its parent port, then runs it.
import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';
import { strictClass } from './strict.ts';

class ParentPort extends EventEmitter {
  postMessage(message: unknown): void {
    if (process.connected) process.send?.(message);
  }
}
strictClass('parentPort', ParentPort);

const port = new ParentPort();
const early: unknown[] = [];
// Electron holds messages back until somebody listens.
process.on('message', (data) => {
  if (port.listenerCount('message') === 0) early.push(data);
  else port.emit('message', { data, ports: [] });
});
port.on('newListener', (name) => {
  if (name !== 'message') return;
  queueMicrotask(() => {
    for (const data of early.splice(0)) port.emit('message', { data, ports: [] });
  });
});
// Chromium ends a utility process whose browser process is gone.
process.on('disconnect', () => process.exit(1));

const [, , modulePath = ''] = process.argv;
process.argv.splice(1, 1);
Object.assign(process, { type: 'utility', parentPort: port });
await import(pathToFileURL(modulePath).href);
