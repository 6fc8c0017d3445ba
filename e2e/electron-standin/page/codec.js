// Values as structured clone carries them ↔ JSON text. Runs in Node, in the page's world and in the preload's.

/**
 * @param hooks how functions and promises cross: {fn, unfn, promise, unpromise}. Without hooks they cannot be cloned.
 */
export function makeCodec(hooks) {
  const errorByName = { Error, TypeError, RangeError, SyntaxError, ReferenceError };
  const uncloneable = () => new Error('An object could not be cloned.');

  const encodeNumber = (value) => {
    if (Object.is(value, -0)) return { $: 'number', v: '-0' };
    return Number.isFinite(value) ? value : { $: 'number', v: String(value) };
  };

  const encodeObject = (value, walk) => {
    switch (Object.prototype.toString.call(value).slice(8, -1)) {
      case 'Array':
        return { $: 'array', v: value.map(walk) };
      case 'Date':
        return { $: 'date', v: value.getTime() };
      case 'Map':
        return { $: 'map', v: [...value].map(([key, item]) => [walk(key), walk(item)]) };
      case 'Set':
        return { $: 'set', v: [...value].map(walk) };
      case 'Error':
        return { $: 'error', v: [value.name, value.message, value.stack] };
      case 'Promise':
        if (hooks === undefined) throw uncloneable();
        return { $: 'promise', v: hooks.promise(value) };
      case 'Uint8Array':
        return { $: 'bytes', v: [...value] };
      case 'Object':
        return {
          $: 'object',
          v: Object.fromEntries(Object.keys(value).map((key) => [key, walk(value[key])])),
        };
      default:
        throw uncloneable();
    }
  };

  const encode = (root) => {
    const indexByObject = new Map();
    const walk = (value) => {
      if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
      if (typeof value === 'number') return encodeNumber(value);
      if (value === undefined) return { $: 'undefined' };
      if (typeof value === 'bigint') return { $: 'bigint', v: String(value) };
      if (typeof value === 'function' && hooks !== undefined) return { $: 'function', v: hooks.fn(value) };
      if (typeof value !== 'object') throw uncloneable();
      if (indexByObject.has(value)) return { $: 'seen', v: indexByObject.get(value) };
      indexByObject.set(value, indexByObject.size);
      return encodeObject(value, walk);
    };
    return JSON.stringify(walk(root));
  };

  const decode = (text) => {
    const seen = [];
    /** An object is known under its number before its parts are read: they may point back at it. */
    const remember = (object) => {
      seen.push(object);
      return object;
    };
    const walk = (node) => {
      if (node === null || typeof node !== 'object') return node;
      const { $: kind, v } = node;
      switch (kind) {
        case 'number':
          return Number(v);
        case 'undefined':
          return undefined;
        case 'bigint':
          return BigInt(v);
        case 'function':
          return hooks.unfn(v);
        case 'seen':
          return seen[v];
        case 'promise':
          return remember(hooks.unpromise(v));
        case 'date':
          return remember(new Date(v));
        case 'bytes':
          return remember(Uint8Array.from(v));
        case 'error': {
          const [name, message, stack] = v;
          return remember(Object.assign(new (errorByName[name] ?? Error)(message), { name, stack }));
        }
        case 'array': {
          const array = remember([]);
          for (const item of v) array.push(walk(item));
          return array;
        }
        case 'map': {
          const map = remember(new Map());
          for (const [key, item] of v) map.set(walk(key), walk(item));
          return map;
        }
        case 'set': {
          const set = remember(new Set());
          for (const item of v) set.add(walk(item));
          return set;
        }
        default: {
          const object = remember({});
          for (const key of Object.keys(v)) object[key] = walk(v[key]);
          return object;
        }
      }
    };
    return walk(JSON.parse(text));
  };

  return { encode, decode };
}
