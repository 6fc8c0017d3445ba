import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { projectDir } from './project.ts';

/** The environment of a child: the project's own tools, and its Node, come first. */
export function projectEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const path = `${join(projectDir, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  return { ...process.env, PATH: path, ...extra };
}

/** Runs a command with the terminal's own input and output; answers its exit code (128 + n for signal n). */
export function run(
  command: string,
  args: readonly string[],
  extra: NodeJS.ProcessEnv = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: projectDir, stdio: 'inherit', env: projectEnvironment(extra) });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128));
  });
}
