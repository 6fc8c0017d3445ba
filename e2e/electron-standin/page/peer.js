// A symmetric channel between a page's own world and its preload's isolated world, over DOM events that carry text.
// Functions become proxies, promises are chained, everything else is copied: what Electron's contextBridge does.
import { makeCodec } from './codec.js';

export function makePeer(outName, inName, onMessage) {
  const dispatch = EventTarget.prototype.dispatchEvent.bind(window);
  const post = (message) => dispatch(new CustomEvent(outName, { detail: JSON.stringify(message) }));
  const functionById = new Map();
  const idByFunction = new WeakMap();
  const promiseById = new Map();
  let nextId = 1;
  /** Dispatching is synchronous: the answer to a call is here when dispatchEvent returns. */
  let returned;

  const codec = makeCodec({
    fn(value) {
      if (!idByFunction.has(value)) {
        idByFunction.set(value, nextId);
        functionById.set(nextId++, value);
      }
      return idByFunction.get(value);
    },
    unfn:
      (id) =>
      (...args) => {
        returned = undefined;
        post({ t: 'call', id, args: codec.encode(args) });
        const answer = returned;
        returned = undefined;
        if (answer === undefined) throw new Error('contextBridge: the other world is gone');
        if (answer.error !== undefined) throw codec.decode(answer.error);
        return codec.decode(answer.value);
      },
    promise(value) {
      const id = nextId++;
      value.then(
        (result) => post({ t: 'resolved', id, value: codec.encode(result) }),
        (error) => post({ t: 'rejected', id, value: codec.encode(error) }),
      );
      return id;
    },
    unpromise: (id) => new Promise((resolve, reject) => promiseById.set(id, { resolve, reject })),
  });

  const call = (message) => {
    try {
      return {
        t: 'returned',
        value: codec.encode(functionById.get(message.id)(...codec.decode(message.args))),
      };
    } catch (error) {
      return { t: 'returned', error: codec.encode(error) };
    }
  };

  EventTarget.prototype.addEventListener.call(window, inName, (event) => {
    const message = JSON.parse(event.detail);
    if (message.t === 'call') post(call(message));
    else if (message.t === 'returned') returned = message;
    else if (message.t === 'resolved') promiseById.get(message.id)?.resolve(codec.decode(message.value));
    else if (message.t === 'rejected') promiseById.get(message.id)?.reject(codec.decode(message.value));
    else onMessage(message, codec);
    if (message.t === 'resolved' || message.t === 'rejected') promiseById.delete(message.id);
  });
  return { post, codec };
}
