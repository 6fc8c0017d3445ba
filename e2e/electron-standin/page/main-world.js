// Runs first in the page's own world. __KEY__ and __SCHEMES__ are filled in for each window.
import { makePeer } from './peer.js';

if (window === window.top) {
  /** Functions that the preload's world lends: {sync, ask, post}. */
  let host;

  const frozen = (value) => {
    if (value !== null && typeof value === 'object') {
      Object.values(value).forEach(frozen);
      Object.freeze(value);
    }
    return value;
  };

  makePeer('__KEY__>page', '__KEY__>main', (message, codec) => {
    if (message.t === 'host') host = codec.decode(message.value);
    if (message.t === 'expose') {
      Object.defineProperty(window, message.key, {
        value: frozen(codec.decode(message.value)),
        writable: false,
        configurable: false,
        enumerable: true,
      });
    }
  });

  // window.open, and links that want a window: setWindowOpenHandler in the main process decides, at once.
  const open = (url, frameName, features) => {
    const address = new URL(url || 'about:blank', document.baseURI).href;
    host.sync('window-open', { url: address, frameName: frameName || '', features: features || '' });
    return null;
  };
  const onLink = (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement && node.href);
    if (link === undefined || event.defaultPrevented) return;
    const elsewhere = link.target && !['_self', '_top', '_parent'].includes(link.target);
    if (elsewhere || event.ctrlKey || event.metaKey || event.shiftKey || event.button === 1) {
      event.preventDefault();
      open(link.href, link.target === '_blank' ? '' : link.target);
    }
  };
  window.open = open;
  window.close = () => host.post('window-close');
  addEventListener('click', onLink);
  addEventListener('auxclick', onLink);

  // Chromium refuses fetch() of a scheme that it does not know: it goes to the scheme's alias.
  const nativeFetch = window.fetch;
  const alias = (url) => {
    const [, scheme, hostname, rest] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
    const known = scheme !== undefined && __SCHEMES__.includes(scheme);
    return known ? `https://${hostname || '_'}.${scheme}.electron-standin.invalid${rest || '/'}` : url;
  };
  window.fetch = (input, options) =>
    nativeFetch.call(
      window,
      typeof input === 'string' || input instanceof URL ? alias(String(input)) : input,
      options,
    );

  // Permissions: the main process is asked and sets the browser's own permission; then the native call runs.
  const gate = (owner, method, kind) => {
    const native = owner?.[method];
    if (native === undefined) return;
    owner[method] = function (...args) {
      return host.ask('permission', { kind }).then(() => native.apply(this, args));
    };
  };
  gate(window.MediaDevices?.prototype, 'getUserMedia', 'media');
  gate(window.Notification, 'requestPermission', 'notifications');
  gate(window.Clipboard?.prototype, 'readText', 'clipboard-read');
  gate(window.Clipboard?.prototype, 'read', 'clipboard-read');
  gate(window.Navigator?.prototype, 'requestMIDIAccess', 'midi');
  gate(Element.prototype, 'requestFullscreen', 'fullscreen');
  gate(window.Geolocation?.prototype, 'getCurrentPosition', 'geolocation');
  gate(window.Geolocation?.prototype, 'watchPosition', 'geolocation');
}
