// Runs in the isolated world, then runs the app's preload, which finds what a sandboxed preload finds. __KEY__ and
// __PLATFORM__ are filled in for each window.
import { makeCodec } from './codec.js';
import { makePeer } from './peer.js';

if (window === window.top) {
  const toMain = __standinSend;
  const wire = makeCodec();
  const send = (message) => toMain(JSON.stringify(message));

  const waitingById = new Map();
  let nextId = 1;
  const ask = (message) =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waitingById.set(id, { resolve, reject });
      send({ ...message, id });
    });
  const askSync = (message) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/__electron_standin_sync__', false);
    request.send(JSON.stringify(message));
    const answer = wire.decode(request.responseText);
    if (answer.error !== undefined) throw answer.error;
    return answer.value;
  };

  const listenersByChannel = new Map();
  const listeners = (channel) => listenersByChannel.get(channel) ?? [];
  const ipcRenderer = {
    invoke: (channel, ...args) => ask({ t: 'invoke', channel, args: wire.encode(args) }),
    on(channel, listener) {
      listenersByChannel.set(channel, [...listeners(channel), listener]);
      return ipcRenderer;
    },
    off(channel, listener) {
      listenersByChannel.set(
        channel,
        listeners(channel).filter((known) => known !== listener),
      );
      return ipcRenderer;
    },
  };

  globalThis.__standinRecv = (text) => {
    const message = JSON.parse(text);
    if (message.t === 'reply') {
      const waiting = waitingById.get(message.id);
      waitingById.delete(message.id);
      if (message.error === undefined) waiting?.resolve(wire.decode(message.value));
      else waiting?.reject(wire.decode(message.error));
    }
    if (message.t === 'event') {
      const args = wire.decode(message.args);
      for (const listener of listeners(message.channel))
        listener({ sender: ipcRenderer, ports: [] }, ...args);
    }
  };

  const peer = makePeer('__KEY__>main', '__KEY__>page', () => {});
  peer.post({
    t: 'host',
    value: peer.codec.encode({
      sync: (t, details) => askSync({ t, details }),
      ask: (t, details) => ask({ t, details }),
      post: (t) => send({ t }),
    }),
  });
  const exposed = new Set();
  const contextBridge = {
    exposeInMainWorld(key, api) {
      if (exposed.has(key))
        throw new Error('Cannot bind an API on top of an existing property on the window object');
      exposed.add(key);
      peer.post({ t: 'expose', key, value: peer.codec.encode(api) });
    },
  };

  const onKey = (event) => {
    const input = {
      type: event.type === 'keydown' ? 'keyDown' : 'keyUp',
      key: event.key,
      code: event.code,
      shift: event.shiftKey,
      control: event.ctrlKey,
      alt: event.altKey,
      meta: event.metaKey,
    };
    // A plain character is only told; a combination or a function key is decided by the main process first.
    const combined = event.ctrlKey || event.altKey || event.metaKey;
    if (!combined && !/^(F\d+|Escape|Tab|Browser|Launch|ContextMenu)/.test(event.key)) {
      send({ t: 'key', input });
    } else if (askSync({ t: 'key-sync', input })) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  };
  addEventListener('keydown', onKey, true);
  addEventListener('keyup', onKey, true);

  const require = (name) => {
    if (/^electron(\/.*)?$/.test(name)) return { ipcRenderer, contextBridge };
    throw new Error(`module not found: ${name}`);
  };
  const process = {
    platform: '__PLATFORM__',
    sandboxed: true,
    contextIsolated: true,
    type: 'renderer',
    env: {},
  };
  const module = { exports: {} };
  const { exports } = module;
  // The preload's text takes the place of the comment; these names are all that it finds.
  void [require, module, exports, process];
  /*__PRELOAD__*/
}
