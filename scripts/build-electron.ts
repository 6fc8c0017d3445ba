// Bundles the Electron shell: dist/electron/main.js, engine.js (both ESM) and preload.cjs.
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { projectDir } from './project.ts';

const outputDir = join(projectDir, 'dist', 'electron');

/** Electron comes with the program that runs the bundle; the others carry native code, or files that they read. */
export const EXTERNAL_PACKAGES = ['electron', 'better-sqlite3', '@resvg/resvg-js', 'dejavu-fonts-ttf'];

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  external: EXTERNAL_PACKAGES,
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  absWorkingDir: projectDir,
};

const esm: BuildOptions = {
  ...shared,
  format: 'esm',
  outdir: outputDir,
  // CommonJS packages inside an ES module still call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

/** @throws when a bundle fails; esbuild has then printed why. */
export async function buildElectron(): Promise<void> {
  await Promise.all([
    build({ ...esm, entryPoints: ['electron/main.ts'] }),
    build({ ...esm, entryPoints: ['electron/engine.ts'], plugins: [keepSourcePlaces] }),
    build({
      ...shared,
      entryPoints: ['electron/preload.ts'],
      format: 'cjs',
      outfile: join(outputDir, 'preload.cjs'),
    }),
  ]);
}

/**
 * A module that finds a file beside it (the migrations) by import.meta keeps finding it: in the bundle, import.meta.url
 * and .dirname are those of the source file, counted from the place of the bundle.
 */
const keepSourcePlaces: Plugin = {
  name: 'keep-source-places',
  setup(bundler) {
    bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const place = relative(outputDir, path).split(sep).join('/');
      const url = `new URL(${JSON.stringify(place)}, import.meta.url)`;
      const contents = source
        .replaceAll('import.meta.url', `${url}.href`)
        .replaceAll(
          'import.meta.dirname',
          `process.getBuiltinModule('node:url').fileURLToPath(new URL('.', ${url}))`,
        )
        // A file that runs itself when it is the entry is only a part here.
        .replaceAll('import.meta.main', 'false');
      return { contents, loader: 'ts', resolveDir: dirname(path) };
    });
  },
};

if (import.meta.main) await buildElectron();
