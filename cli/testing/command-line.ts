import { runCommandLine } from '../program.ts';

export interface Spoken {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command as from a shell. */
export async function totem(...args: string[]): Promise<Spoken> {
  const result = { exitCode: 0, out: '', err: '' };
  await runCommandLine(args, {
    out: (text) => {
      result.out += text;
    },
    err: (text) => {
      result.err += text;
    },
    setExitCode: (code) => {
      result.exitCode = code;
    },
  });
  return result;
}
