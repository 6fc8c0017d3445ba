import type { Command } from 'commander';
import type { ManagerAccess } from '../scripts/manager-api.ts';
import type { Outcome } from './output.ts';

export interface AccessOptions {
  readonly server: string;
  readonly token?: string;
}

/** For a command that speaks to a sync server as its manager. */
export function withAccess(command: Command): Command {
  return command
    .requiredOption('--server <url>', 'address of the sync server')
    .option('--token <token>', 'a manager’s token; TOTEM_MANAGER_TOKEN keeps it out of the shell’s history');
}

export type Access = { readonly ok: true; readonly value: ManagerAccess } | Extract<Outcome, { ok: false }>;

/** Where and as whom to ask; or what the person at the terminal has to give. */
export function accessOf({ server, token = process.env['TOTEM_MANAGER_TOKEN'] }: AccessOptions): Access {
  if (token === undefined || token === '')
    return {
      ok: false,
      code: 'no_token',
      message: 'give a manager’s token with --token or TOTEM_MANAGER_TOKEN',
    };
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? ''))
    return { ok: false, code: 'invalid_server', message: `"${server}" is no http address` };
  return { ok: true, value: { server, token } };
}
