import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FuseV1Options } from '@electron/fuses';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { EXTERNAL_PACKAGES } from './build-electron.ts';
import { FUSES } from './fuses.ts';
import { projectDir } from './project.ts';

interface BuilderConfig {
  readonly npmRebuild: boolean;
  readonly asarUnpack: readonly string[];
  readonly files: readonly string[];
  readonly afterPack: string;
  readonly linux: { readonly target: readonly string[] };
  readonly [name: string]: unknown;
}

const require = createRequire(import.meta.url);
const config = parse(readFileSync(join(projectDir, 'electron-builder.yml'), 'utf8')) as BuilderConfig;
const isValid = new Ajv({ strict: false, allErrors: true }).compile(
  require('app-builder-lib/scheme.json') as Record<string, unknown>,
);

test('electron-builder’s own schema accepts the configuration', () => {
  isValid(config);
  expect(isValid.errors).toBeNull();
});

test('the schema refuses what it does not know, or this file would prove nothing', () => {
  expect(isValid({ ...config, npmRebuilt: false })).toBe(false);
  expect(isValid({ ...config, toolsets: { appimage: '9.9.9' } })).toBe(false);
});

test('nothing is rebuilt, native code is unpacked, and the other packages stay at home', () => {
  expect(config.npmRebuild).toBe(false);
  expect(config.asarUnpack).toContain('**/*.node');
  expect(config.files).toContain('!node_modules/**');
  expect(config.files.some((pattern) => /bench|test|\.map|deps|\/src\//.test(pattern))).toBe(false);
});

test('every package that the bundles leave out is packed', () => {
  const packages = EXTERNAL_PACKAGES.filter((name) => name !== 'electron');
  const packed = packages.filter((name) => config.files.includes(`node_modules/${name}/package.json`));
  expect(packed).toEqual(packages);
});

test('every fuse is decided, and a new one breaks the build', () => {
  const options = Object.values(FuseV1Options).filter(
    (value): value is FuseV1Options => typeof value === 'number',
  );
  expect(options.filter((option) => typeof FUSES[option] !== 'boolean')).toEqual([]);
  expect(FUSES.strictlyRequireAllFuses).toBe(true);
  expect(config.afterPack).toBe('scripts/after-pack.ts');
});

test('the deb comes first on Linux, the installer on Windows', () => {
  expect(config.linux.target).toEqual(['deb', 'AppImage']);
  expect(config['win']).toEqual({ target: 'nsis' });
});
