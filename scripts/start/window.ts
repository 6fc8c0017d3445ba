import type { KioskLauncher } from './system.ts';

/**
 * Decides whether the first totem gets a window. Answers undefined, having said why in one line, when Electron's
 * binary or a display cannot be had: the same screens are then served for a browser.
 */
export async function prepareWindow(
  _dataDir: string,
  say: (line: string) => void,
): Promise<KioskLauncher | undefined> {
  say('no window');
  return undefined;
}
