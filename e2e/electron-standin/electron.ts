// The subset of Electron's main-process API that the shell uses. A name that is missing here fails the import itself;
// a property or method that is missing throws when it is touched (strict.ts).
export { app } from './app.ts';
export { BrowserWindow } from './browser-window.ts';
export { ipcMain } from './ipc-main.ts';
export { Menu } from './menu.ts';
export { powerSaveBlocker } from './power-save-blocker.ts';
export { protocol } from './protocol.ts';
export { session } from './session.ts';
export { utilityProcess } from './utility-process.ts';
export { webContents } from './web-contents-registry.ts';

import { app } from './app.ts';
import { BrowserWindow } from './browser-window.ts';
import { ipcMain } from './ipc-main.ts';
import { Menu } from './menu.ts';
import { powerSaveBlocker } from './power-save-blocker.ts';
import { protocol } from './protocol.ts';
import { session } from './session.ts';
import { strict } from './strict.ts';
import { utilityProcess } from './utility-process.ts';
import { webContents } from './web-contents-registry.ts';

// biome-ignore lint/style/noDefaultExport: Electron's CommonJS form, which Playwright evaluates against.
export default strict('electron', {
  app,
  BrowserWindow,
  ipcMain,
  Menu,
  powerSaveBlocker,
  protocol,
  session,
  utilityProcess,
  webContents,
});
