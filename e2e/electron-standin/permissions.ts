import { toBrowserUrl } from './addresses.ts';
import { browserConnection } from './connection.ts';
import type { PageDetails } from './page-target.ts';
import type { Session } from './session.ts';
import { debug } from './strict.ts';

/** Electron's permission → the names that DevTools has for it. */
const BROWSER_NAMES: Readonly<Record<string, readonly string[]>> = {
  media: ['camera', 'microphone'],
  geolocation: ['geolocation'],
  notifications: ['notifications'],
  'clipboard-read': ['clipboard-read'],
  midi: ['midi'],
  'idle-detection': ['idle-detection'],
};

/** The page asks for a permission: the app's request handler decides, and the browser is set accordingly. */
export async function requestPermission(
  contents: unknown,
  session: Session,
  pageUrl: string,
  details: PageDetails,
): Promise<boolean> {
  const kind = details.kind ?? '';
  const granted = await new Promise<boolean>((resolve) =>
    session.permissionRequest(contents, kind, resolve, { requestingUrl: pageUrl, isMainFrame: true }),
  );
  await setPermission(kind, granted, pageUrl);
  if (!granted && kind === 'fullscreen') throw new TypeError('Permissions check failed');
  return granted;
}

/** A new document: what the app's check handler says is what `navigator.permissions` will say. */
export async function applyPermissionChecks(
  contents: unknown,
  session: Session,
  pageUrl: string,
): Promise<void> {
  const check = session.permissionCheck;
  if (check === null) return;
  const { origin } = new URL(toBrowserUrl(pageUrl));
  for (const kind of Object.keys(BROWSER_NAMES)) {
    await setPermission(
      kind,
      check(contents, kind, origin, { requestingUrl: pageUrl, isMainFrame: true }),
      pageUrl,
    );
  }
}

async function setPermission(kind: string, granted: boolean, pageUrl: string): Promise<void> {
  for (const name of BROWSER_NAMES[kind] ?? []) {
    await browserConnection()
      .root.send('Browser.setPermission', {
        permission: { name },
        setting: granted ? 'granted' : 'denied',
        origin: new URL(toBrowserUrl(pageUrl)).origin,
      })
      .catch((error: Error) => debug(error.message));
  }
}
