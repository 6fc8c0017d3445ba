// `npm run e2e [-- --host electron] [playwright's own arguments]`: the screens in a real Chromium.
import { buildElectron } from './build-electron.ts';
import { areScreensStale, buildScreens } from './build-screens.ts';
import { requireChromium } from './chromium.ts';
import { run } from './process.ts';

const args = process.argv.slice(2);
const at = args.indexOf('--host');
const host = at === -1 ? 'standin' : args.splice(at, 2)[1];
if (host !== 'standin' && host !== 'electron') {
  console.error('--host takes `standin` (the default) or `electron` (the real binary)');
  process.exit(1);
}
const browser = requireChromium();
if (areScreensStale() && !(await buildScreens())) process.exit(1);
await buildElectron();
process.exitCode = await run('playwright', ['test', ...args], {
  PLAYWRIGHT_CHROMIUM: browser,
  TOTEM_ELECTRON_HOST: host,
});
