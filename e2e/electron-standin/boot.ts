// What the launcher runs: electron [-r module] [--switches] <app folder> [arguments]
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { configureApp } from './app.ts';
import { startBrowser } from './browser.ts';
import { mapElectronModule } from './module-map.ts';

const args = process.argv.slice(2);
const preloads: string[] = [];
const switches: string[] = [];
let folder: string | undefined;
for (let index = 0; index < args.length; index++) {
  const argument = args[index] ?? '';
  if (argument === '-r' || argument === '--require') preloads.push(args[++index] ?? '');
  else if (folder === undefined && argument.startsWith('-')) switches.push(argument);
  else folder ??= argument;
}

const root = resolve(folder ?? '.');
const manifestFile = join(root, 'package.json');
const manifest = existsSync(manifestFile)
  ? (JSON.parse(readFileSync(manifestFile, 'utf8')) as { name?: string; version?: string; main?: string })
  : {};

mapElectronModule();
process.argv = [process.argv[0] ?? '', ...args];
Object.assign(process, { type: 'browser' });
configureApp({ root, manifest, switches });

// Playwright's own loader is a CommonJS module that asks for electron.
const require = createRequire(manifestFile);
for (const preload of preloads) require(resolve(preload));
await import(pathToFileURL(resolve(root, manifest.main ?? 'index.js')).href);
await startBrowser();
