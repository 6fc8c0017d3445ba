// What electron-builder packs is what the shell needs: the archive is taken apart and sells a ticket, far from the
// project's own node_modules. The packing is real, the Electron that it wraps is a dummy with fuses.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { run } from '../scripts/process.ts';
import { projectDir } from '../scripts/project.ts';
import { expect, openKiosk, sell, test } from './support/electron-host.ts';

const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSE_COUNT = 9;

let folder: string;
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-package-'));
});
test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the packed archive holds all that it takes to sell a ticket, and no more', async () => {
  const packed = await pack();
  const extracted = join(folder, 'app');
  asar().extractAll(join(packed, 'resources', 'app.asar'), extracted);
  expect(readdirSync(join(extracted, 'node_modules')).sort()).toEqual([
    '@resvg',
    'better-sqlite3',
    'dejavu-fonts-ttf',
  ]);
  expect(readdirSync(join(extracted, 'node_modules', 'better-sqlite3', 'prebuilds'))).toEqual([
    `${process.platform}-${process.arch}.node`,
  ]);
  const kiosk = await openKiosk(extracted);
  try {
    expect(await sell(kiosk)).toBe('C001');
  } finally {
    await kiosk.close();
  }
});

test('the packed binary has its fuses set', async () => {
  const fuses = await getCurrentFuseWire(join(await pack(), 'totem'));
  const on = Object.values(FuseV1Options)
    .filter((option): option is FuseV1Options => typeof option === 'number')
    .filter((option) => fuses[option] === FuseState.ENABLE)
    .map((option) => FuseV1Options[option]);
  expect(on).toEqual(['EnableEmbeddedAsarIntegrityValidation', 'OnlyLoadAppFromAsar', 'WasmTrapHandlers']);
});

/** Runs electron-builder as `npm run dist -- --linux --dir` does, around a dummy; answers the unpacked folder. */
async function pack(): Promise<string> {
  const output = join(folder, 'release');
  const code = await run('electron-builder', [
    ...['--config', 'electron-builder.yml', '--publish', 'never', '--linux', '--dir'],
    `-c.electronDist=${dummyElectron()}`,
    `-c.directories.output=${output}`,
  ]);
  expect(code).toBe(0);
  return join(output, 'linux-unpacked');
}

/** A folder laid out as Electron's own archive is, with a "binary" whose fuses all are on. */
function dummyElectron(): string {
  const dist = join(folder, 'electron');
  for (const name of ['locales', 'resources']) mkdirSync(join(dist, name), { recursive: true });
  const manifest = readFileSync(join(projectDir, 'node_modules', 'electron', 'package.json'), 'utf8');
  writeFileSync(join(dist, 'version'), (JSON.parse(manifest) as { version: string }).version);
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'locales/pt-BR.pak'])
    writeFileSync(join(dist, name), name);
  const wire = [1, FUSE_COUNT, ...Array(FUSE_COUNT).fill(FuseState.ENABLE)];
  const binary = Buffer.concat([
    Buffer.from(`dummy ${FUSE_SENTINEL}`),
    Buffer.from(wire),
    Buffer.from('end'),
  ]);
  writeFileSync(join(dist, 'electron'), binary, { mode: 0o755 });
  return dist;
}

/** electron-builder's own archiver. */
function asar(): { extractAll(archive: string, folder: string): void } {
  const builder = createRequire(join(projectDir, 'node_modules', 'app-builder-lib', 'package.json'));
  return builder('@electron/asar') as ReturnType<typeof asar>;
}
