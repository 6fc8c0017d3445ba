import { join } from 'node:path';
import { flipFuses } from '@electron/fuses';
import type { AfterPackContext } from 'electron-builder';
import { FUSES } from './fuses.ts';

/** electron-builder's hook (electron-builder.yml): sets the fuses of the binary that has just been laid out. */
export async function afterPack({
  appOutDir,
  electronPlatformName,
  packager,
}: AfterPackContext): Promise<void> {
  const name = packager.appInfo.productFilename;
  const binaryByPlatform: Record<string, string> = {
    linux: packager.config.executableName ?? name,
    win32: `${name}.exe`,
    darwin: `${name}.app`,
  };
  const binary = binaryByPlatform[electronPlatformName];
  if (binary === undefined) throw new Error(`no fuses are known for ${electronPlatformName}`);
  await flipFuses(join(appOutDir, binary), FUSES);
}
