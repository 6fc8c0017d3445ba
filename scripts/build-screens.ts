import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './process.ts';
import { projectDir, rendererDir } from './project.ts';

const SOURCES = ['renderer', 'domain', 'package-lock.json'];

/** Builds what the screens are served from. Answers false when Vite failed; it has then said why. */
export async function buildScreens(): Promise<boolean> {
  return (await run('vite', ['build', '--config', 'renderer/vite.config.ts', '--logLevel', 'warn'])) === 0;
}

/** Whether the built screens are missing or older than what they are built from. */
export function areScreensStale(): boolean {
  const built = modifiedAtMs(join(rendererDir, 'index.html'));
  return built === 0 || SOURCES.some((source) => newestMs(join(projectDir, source)) > built);
}

function newestMs(path: string): number {
  const own = modifiedAtMs(path);
  if (own === 0 || !statSync(path).isDirectory()) return own;
  return Math.max(
    0,
    ...readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => modifiedAtMs(join(entry.parentPath, entry.name))),
  );
}

function modifiedAtMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
