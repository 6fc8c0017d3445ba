import { isAppUrl } from './app-origin.ts';

/** The part of Electron's `WebFrameMain` that decides. */
export interface SenderFrame {
  readonly url: string;
  readonly parent: unknown;
}

/**
 * Whether a message may be listened to: only from the top frame of the kiosk's own page. A null frame has navigated
 * away or is gone; an empty address or about:blank is nobody. Read `event.senderFrame` before any await.
 */
export function isTrustedSender(frame: SenderFrame | null): boolean {
  return frame !== null && frame.parent === null && isAppUrl(frame.url);
}
