// Loaded before a program (`node --import`): gives it one of its modules with a bug in it, for twins that show that a test
// in another process can fail.
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Where the preload finds what to replace, as JSON. */
export const REPLACEMENT = 'TOTEM_TEST_REPLACEMENT';

export interface Replacement {
  /** From the project's folder. */
  readonly file: string;
  /** Text that is in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

const text = process.env[REPLACEMENT];
if (text !== undefined) replaceOnLoad(JSON.parse(text) as Replacement);

function replaceOnLoad({ file, find, replace }: Replacement): void {
  const wanted = new URL(`../../${file}`, import.meta.url).href;
  registerHooks({
    load(url, context, next) {
      if (url !== wanted) return next(url, context);
      const parts = readFileSync(fileURLToPath(url), 'utf8').split(find);
      if (parts.length !== 2)
        throw new Error(`what is to be replaced is ${parts.length - 1} times in ${file}, not once`);
      return { format: 'module', source: stripTypeScriptTypes(parts.join(replace)), shortCircuit: true };
    },
  });
}
