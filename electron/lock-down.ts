import type { App, Session, WebContents } from 'electron';
import type { Log } from '../platform/log.ts';
import { isAppUrl } from './app-origin.ts';
import { isBlockedKey } from './key-guard.ts';

/** Locks every page that this program ever makes, whoever made it. Called before the first window exists. */
export function lockDownContents(app: App, windowed: boolean, log: Log): void {
  app.on('web-contents-created', (_event, contents) => {
    guardNavigation(contents, log);
    if (!windowed) guardKeyboard(contents);
  });
}

/** Electron grants by default: both the question (request) and the look (check) are answered with no. */
export function denyPermissions(session: Session, log: Log): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    log.warn({ permission }, 'permission refused');
    answer(false);
  });
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

function guardNavigation(contents: WebContents, log: Log): void {
  const guard = (event: Electron.Event<{ url: string }>): void => {
    if (isAppUrl(event.url)) return;
    event.preventDefault();
    log.warn({ url: event.url }, 'navigation refused');
  };
  contents.on('will-navigate', guard);
  contents.on('will-frame-navigate', guard);
  contents.on('will-redirect', guard);
  contents.setWindowOpenHandler(({ url }) => {
    log.warn({ url }, 'new window refused');
    return { action: 'deny' };
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

function guardKeyboard(contents: WebContents): void {
  contents.on('before-input-event', (event, input) => {
    if (isBlockedKey(input)) event.preventDefault();
  });
  contents.on('context-menu', (event) => event.preventDefault());
}
