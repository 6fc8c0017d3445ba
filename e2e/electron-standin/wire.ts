import { readFileSync } from 'node:fs';
import vm from 'node:vm';

/** Without `import` and `export`: the scripts are joined to one before they run in a page. */
function script(name: string): string {
  const source = readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
  return source.replaceAll(/^import .*$/gm, '').replaceAll(/^export /gm, '');
}

/** The scripts that run in the page; the codec runs here as well. */
export const pageScripts = {
  codec: script('codec.js'),
  peer: script('peer.js'),
  mainWorld: script('main-world.js'),
  preloadWorld: script('preload-world.js'),
};

/** Values between the page and the main process. */
export const wire = vm.runInThisContext(`${pageScripts.codec}\nmakeCodec`)() as {
  encode(value: unknown): string;
  decode(text: string): unknown;
};
