import { join } from 'node:path';
import { z } from 'zod';
import { StartupFailure } from '../platform/service.ts';

const Environment = z.object({
  /** `1`: an ordinary window with developer tools, for development. */
  TOTEM_WINDOWED: z.enum(['0', '1']).default('0'),
  /** Where the engine keeps its database; the shell keeps its browser profile beside it. */
  TOTEM_DATA_DIR: z.string().min(1).optional(),
  TOTEM_RENDERER_DIR: z.string().min(1).optional(),
});

export interface ShellConfig {
  readonly windowed: boolean;
  readonly dataDir: string;
  readonly profileDir: string;
  readonly rendererDir: string;
}

/**
 * The shell's own part of the environment; the engine reads the rest (main/config.ts).
 * @throws StartupFailure naming the variable that is wrong
 */
export function readShellConfig(
  environment: Readonly<Record<string, string | undefined>>,
  defaults: { readonly appDir: string; readonly userDataDir: string },
): ShellConfig {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new StartupFailure(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const dataDir = parsed.data.TOTEM_DATA_DIR ?? defaults.userDataDir;
  return {
    windowed: parsed.data.TOTEM_WINDOWED === '1',
    dataDir,
    profileDir: join(dataDir, 'browser-profile'),
    rendererDir: parsed.data.TOTEM_RENDERER_DIR ?? join(defaults.appDir, 'dist', 'renderer'),
  };
}
