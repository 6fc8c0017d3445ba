import { expect, test } from 'vitest';
import { CONTENT_SECURITY_POLICY } from './app-protocol.ts';
import { kioskWindowOptions } from './window-options.ts';

test('the window is a locked kiosk', () => {
  expect(kioskWindowOptions({ preloadFile: '/p.cjs', windowed: false })).toMatchObject({
    kiosk: true,
    fullscreen: true,
    frame: false,
    show: false,
    webPreferences: {
      preload: '/p.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      devTools: false,
      navigateOnDragDrop: false,
      disableDialogs: true,
      spellcheck: false,
      zoomMode: 'disabled',
    },
  });
});

test('development gets a frame and developer tools, and not one protection less', () => {
  const locked = kioskWindowOptions({ preloadFile: '/p.cjs', windowed: false }).webPreferences ?? {};
  const windowed = kioskWindowOptions({ preloadFile: '/p.cjs', windowed: true });
  expect(windowed).toMatchObject({ kiosk: false, fullscreen: false, frame: true });
  expect(windowed.webPreferences).toEqual({ ...locked, devTools: true });
});

test('nothing switches Blink features on, and no partition leaves the default session', () => {
  const preferences = kioskWindowOptions({ preloadFile: '/p.cjs', windowed: false }).webPreferences ?? {};
  for (const name of ['enableBlinkFeatures', 'partition', 'session', 'additionalArguments']) {
    expect(preferences).not.toHaveProperty(name);
  }
});

test('the policy starts from nothing and allows no inline code and no evaluation', () => {
  expect(CONTENT_SECURITY_POLICY).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*|https?:/);
});
