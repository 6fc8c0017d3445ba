import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's own folder, wherever the command was started from. */
export const projectDir = dirname(dirname(fileURLToPath(import.meta.url)));

export const rendererDir = join(projectDir, 'dist', 'renderer');
