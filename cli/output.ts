import type { Command } from 'commander';

/** What a command found. Text is for people, `data` for `--json`; a failure carries a code and what to do. */
export type Outcome =
  | { readonly ok: true; readonly data: unknown; readonly text: string }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly data?: unknown };

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  setExitCode(code: number): void;
}

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/**
 * Makes `run` the action of a command and prints what it answers: exit 0, or 1 with the reason. Every command takes
 * `--json`, which prints one object: `{"ok":true,"data":…}` or `{"ok":false,"code":…,"message":…}`.
 */
export function reportOutcome<Options>(
  command: Command,
  terminal: Terminal,
  run: (args: readonly string[], options: Options) => Outcome | Promise<Outcome>,
): Command {
  return command.option('--json', 'print one JSON object').action(async (...received: unknown[]) => {
    const options = optionsOf(command) as Options & { json?: boolean };
    // The last two are commander's own; an argument that takes several values comes as an array.
    const values = received.slice(0, -2).flat();
    const args = values.filter((value): value is string => typeof value === 'string');
    const outcome = await run(args, options);
    if (options.json === true)
      terminal.out(JSON.stringify(outcome.ok ? { ok: true, data: outcome.data } : outcome));
    else if (outcome.ok) terminal.out(outcome.text);
    else terminal.err(`${outcome.message} [${outcome.code}]`);
    if (!outcome.ok) terminal.setExitCode(EXIT_FAILED);
  });
}

/** The command's own; one that stands before the command's name counts where the command knows it. */
function optionsOf(command: Command): Record<string, unknown> {
  const options: Record<string, unknown> = { ...command.opts() };
  for (const name of command.options.map((option) => option.attributeName())) {
    if (command.getOptionValueSource(name) === 'cli') continue;
    for (let outer = command.parent; outer !== null; outer = outer.parent) {
      if (outer.getOptionValueSource(name) !== 'cli') continue;
      options[name] = outer.getOptionValue(name);
      break;
    }
  }
  return options;
}
