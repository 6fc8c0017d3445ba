import { registerHooks } from 'node:module';

const ELECTRON = /^electron(\/(main|common|renderer))?$/;

/** From here on, `electron` is the stand-in, for import and for require. */
export function mapElectronModule(): void {
  const url = new URL('./electron.ts', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      ELECTRON.test(specifier)
        ? { url, format: 'module-typescript', shortCircuit: true }
        : next(specifier, context),
  });
}
