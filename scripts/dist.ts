// `npm run dist [-- electron-builder's own arguments]`: the kiosk's packages into release/. See docs/electron.md.
import { buildElectron } from './build-electron.ts';
import { buildScreens } from './build-screens.ts';
import { run } from './process.ts';

/** Electron's binary and electron-builder's tools (AppImage, fpm, NSIS) come from here at the first run. */
const DOWNLOADS = 'https://github.com/electron/electron/releases';
const PROBE_TIMEOUT_MS = 10_000;

const args = process.argv.slice(2);
if (needsDownloads(args) && !(await canReach(DOWNLOADS))) {
  console.error(
    `npm run dist needs ${new URL(DOWNLOADS).host} for Electron's binary and the packaging tools, and it cannot be reached: ` +
      'connect this machine, or set ELECTRON_MIRROR and ELECTRON_BUILDER_BINARIES_MIRROR',
  );
  process.exit(1);
}
if (!(await buildScreens())) process.exit(1);
await buildElectron();
process.exitCode = await run('electron-builder', [
  '--config',
  'electron-builder.yml',
  '--publish',
  'never',
  ...args,
]);

/** An unpacked folder around a given Electron needs nothing; and a mirror takes the place of the usual address. */
function needsDownloads(builderArgs: readonly string[]): boolean {
  const packsFolderOnly =
    builderArgs.includes('--dir') && builderArgs.some((argument) => argument.startsWith('-c.electronDist='));
  return !packsFolderOnly && process.env['ELECTRON_MIRROR'] === undefined;
}

/** electron-builder itself takes 45 s and a page of stack traces to find out. */
async function canReach(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    return true;
  } catch {
    return false;
  }
}
