// Starts a script of this folder on the Node that came with the project (`npm ci` puts Node 24 first in npm's PATH).
// Plain old JavaScript, so that an old Node can read it and say what is wrong instead of crashing:
// better-sqlite3 13 on a Node without Node-API 10 is a segmentation fault without a message.
'use strict';

const MIN_NODE_API = 10;

if (Number(process.versions.napi) < MIN_NODE_API) {
  console.error(
    'Totem needs Node 24, and this is Node ' +
      process.versions.node +
      '. Run `npm ci` (with install scripts enabled: it brings Node 24 along) and start through `npm run`.',
  );
  process.exit(1);
}

const [name] = process.argv.splice(2, 1);
import(`./${name}.ts`).catch((error) => {
  console.error(error);
  process.exit(1);
});
