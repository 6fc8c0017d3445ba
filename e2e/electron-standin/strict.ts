/** Names that JavaScript itself, Node's inspector and Playwright look for on any object. */
const PROBED: ReadonlySet<string> = new Set([
  'then',
  'toJSON',
  'inspect',
  'constructor',
  '$$typeof',
  'nodeType',
]);

/** Anything that the stand-in lacks fails loudly instead of being silently undefined. */
export function strict<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      if (key in object || typeof key === 'symbol' || PROBED.has(key))
        return Reflect.get(object, key, receiver);
      throw new Error(`electron stand-in: ${name}.${key} is not implemented`);
    },
  });
}

/** The same for a class: the miss is caught at the end of the prototype chain, so private fields stay reachable. */
export function strictClass(name: string, { prototype }: { readonly prototype: object }): void {
  Object.setPrototypeOf(prototype, strict(name, Object.getPrototypeOf(prototype) as object));
}

/** What Electron hands to listeners: an object that can be prevented. */
export class StandinEvent {
  defaultPrevented = false;
  constructor(properties: object = {}) {
    Object.assign(this, properties);
  }
  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

/** With STANDIN_DEBUG=1: what the stand-in does, on stderr. */
export function debug(...words: readonly unknown[]): void {
  if (process.env['STANDIN_DEBUG'] !== undefined) console.error('[standin]', ...words);
}
