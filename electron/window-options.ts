import type { BrowserWindowConstructorOptions } from 'electron';

export interface KioskWindowSetup {
  readonly preloadFile: string;
  /** Development only: an ordinary window with developer tools instead of a locked full screen. */
  readonly windowed: boolean;
}

/** How the kiosk's window is made. Every line that locks it down is asserted by a test. */
export function kioskWindowOptions(setup: KioskWindowSetup): BrowserWindowConstructorOptions {
  const locked = !setup.windowed;
  return {
    kiosk: locked,
    fullscreen: locked,
    frame: !locked,
    width: 1080,
    height: 1920,
    autoHideMenuBar: true,
    // Shown when the first page has painted: a customer never sees an empty white window.
    show: false,
    backgroundColor: '#ffffff',
    webPreferences: {
      preload: setup.preloadFile,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      devTools: !locked,
      spellcheck: false,
      navigateOnDragDrop: false,
      // window.alert() stops the page until somebody answers, and nobody may be standing there.
      disableDialogs: true,
      zoomMode: 'disabled',
      // The countdown must go on while the screen is blanked.
      backgroundThrottling: false,
    },
  };
}
