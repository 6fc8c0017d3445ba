import { EventEmitter } from 'node:events';
import { requireReady } from './app.ts';
import { strict, strictClass } from './strict.ts';

export type PermissionRequestHandler = (
  contents: unknown,
  permission: string,
  answer: (granted: boolean) => void,
  details: object,
) => void;
export type PermissionCheckHandler = (
  contents: unknown,
  permission: string,
  origin: string,
  details: object,
) => boolean;

export class Session extends EventEmitter {
  /** Electron grants what no handler decides. */
  permissionRequest: PermissionRequestHandler = (_contents, _permission, answer) => answer(true);
  permissionCheck: PermissionCheckHandler | null = null;

  setPermissionRequestHandler(handler: PermissionRequestHandler): void {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(handler: PermissionCheckHandler): void {
    this.permissionCheck = handler;
  }
  /** USB, HID, serial: not reachable from a headless browser, so there is nothing to decide. */
  setDevicePermissionHandler(_handler: unknown): void {}
}
strictClass('session', Session);

let defaultSession: Session | undefined;

export const session = strict('session', {
  get defaultSession(): Session {
    requireReady('Session');
    defaultSession ??= new Session();
    return defaultSession;
  },
});
