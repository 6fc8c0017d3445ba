// `npm run build`: the screens (Vite) and the Electron shell (esbuild) into dist/.
import { buildElectron } from './build-electron.ts';
import { buildScreens } from './build-screens.ts';

if (!(await buildScreens())) process.exit(1);
await buildElectron();
