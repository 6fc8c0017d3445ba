/** The one origin that the kiosk's pages have. A custom scheme: no file://, no port that another program could hold. */
export const APP_SCHEME = 'app';
export const APP_HOST = 'kiosk';
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;

/** The screens that the window may show; the others are pages of the kiosk's HTTP host, for other devices. */
export const WINDOW_SCREENS = ['totem', 'technician'] as const;
export type WindowScreen = (typeof WINDOW_SCREENS)[number];

export const START_URL = `${APP_ORIGIN}/totem`;

/**
 * Whether an address belongs to the kiosk's own pages. It parses and compares the parts: a substring or prefix test
 * would let `https://evil.example/?app://kiosk` or `app://kiosk.evil.example` pass.
 */
export function isAppUrl(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return (
    url.protocol === `${APP_SCHEME}:` &&
    url.hostname === APP_HOST &&
    url.port === '' &&
    url.username === '' &&
    url.password === ''
  );
}
