import { buildElectron } from '../build-electron.ts';
import { findElectronBinary, tryInstallElectron } from '../electron-binary.ts';

/** The binary is some 100 MB; a shop's line brings that in a minute or two, and a closed network says no at once. */
const DOWNLOAD_TIMEOUT_MS = 180_000;

/**
 * Finds, or fetches, what opens the totem in a window. Answers null, having said why in one line, when there is no
 * display or Electron's binary cannot be had: the same screens are then served for a browser.
 */
export async function prepareWindow(say: (line: string) => void): Promise<string | null> {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) {
    say('No display (DISPLAY is not set): open the totem in a browser, at the address below.');
    return null;
  }
  let binary = findElectronBinary();
  if (binary === null) {
    say('fetching Electron (once) …');
    const reason = await tryInstallElectron(DOWNLOAD_TIMEOUT_MS);
    binary = findElectronBinary();
    if (binary === null) {
      say(`${reason}. Open the totem in a browser, at the address below.`);
      return null;
    }
  }
  await buildElectron();
  return binary;
}
