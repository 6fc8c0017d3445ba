import type { ScreenBridge } from '../domain/protocol/screens.ts';
import { createHttpBridge } from './shell/http-bridge.ts';

declare global {
  interface Window {
    /** Exposed by Electron's preload; absent in a browser. */
    readonly totemBridge?: ScreenBridge;
  }
}

/** What this page talks through: the preload's bridge where there is one, else HTTP to the host that served the page. */
export const bridge: ScreenBridge = window.totemBridge ?? createHttpBridge();
