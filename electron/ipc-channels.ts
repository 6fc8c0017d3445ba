/** The names alone, so that the preload, which carries them, needs no schema library. */
export const CHANNELS = {
  execute: 'totem:execute',
  subscribe: 'totem:subscribe',
  unsubscribe: 'totem:unsubscribe',
  /** To the page: the newest snapshot of a screen. */
  snapshot: 'totem:snapshot',
  /** To the page: whether the engine answers. */
  link: 'totem:link',
} as const;

export type LinkState = 'connected' | 'lost';
