import type { Command } from 'commander';
import { DeadLetterDetail, DeadLetterList, RetriedCount } from '../../domain/protocol/dead-letters.ts';
import { Uuid } from '../../domain/protocol/primitives.ts';
import { askAsManager } from '../../scripts/manager-api.ts';
import { type Outcome, reportOutcome, type Terminal } from '../output.ts';
import { type AccessOptions, accessOf, withAccess } from '../server-access.ts';

interface FilterOptions extends AccessOptions {
  readonly provider?: string;
  readonly reason?: string;
}
interface RetryOptions extends FilterOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

/** `dead-letters list|show|retry` and `webhooks replay`: webhooks that were given up. */
export function addDeadLettersCommands(program: Command, terminal: Terminal): void {
  const letters = program.command('dead-letters').description('webhooks that were given up');
  reportOutcome<FilterOptions>(
    withFilter(withAccess(letters.command('list'))).description('list them, oldest first'),
    terminal,
    (_args, options) => list(options),
  );
  reportOutcome<AccessOptions>(
    withAccess(letters.command('show')).description('one of them, with its body').argument('<id>'),
    terminal,
    ([id = ''], options) => show(options, id),
  );
  reportOutcome<RetryOptions>(
    withFilter(withAccess(letters.command('retry')))
      .description('have them worked off again: those that are named, or all that the filter finds')
      .argument('[id...]')
      .option('--all', 'all that the filter finds; needed where no id is given')
      .option('--dry-run', 'only count them'),
    terminal,
    (ids, options) => retry(options, ids),
  );
  const webhooks = program.command('webhooks').description('webhooks that were stored');
  reportOutcome<AccessOptions>(
    withAccess(webhooks.command('replay'))
      .description('have them worked off again, whatever became of them')
      .argument('<id...>'),
    terminal,
    (ids, options) => replay(options, ids),
  );
}

function withFilter(command: Command): Command {
  return command
    .option('--provider <name>', 'only of this provider')
    .option('--reason <text>', 'only those whose reason holds this text');
}

async function list(options: FilterOptions): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const query = new URLSearchParams({ limit: '500', ...filterOf(options) });
  const found = await askAsManager(access.value, DeadLetterList, 'GET', `/v1/dead-letters?${query}`);
  if (!found.ok) return found;
  const { deadLetters, total } = found.value;
  const lines = deadLetters.map(
    (letter) =>
      `${letter.inboxId}  ${new Date(letter.receivedAt).toISOString()}  ${letter.provider.padEnd(12)} ` +
      `${(letter.eventType ?? '-').padEnd(28)} ${letter.reason}`,
  );
  if (total > lines.length) lines.push(`and ${total - lines.length} more`);
  return { ok: true, data: found.value, text: lines.length === 0 ? 'no dead letters' : lines.join('\n') };
}

async function show(options: AccessOptions, id: string): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  if (!Uuid.safeParse(id).success) return invalidId(id);
  const found = await askAsManager(access.value, DeadLetterDetail, 'GET', `/v1/dead-letters/${id}`);
  if (!found.ok) return found;
  const { body, ...letter } = found.value;
  const head = Object.entries(letter).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return { ok: true, data: found.value, text: [...head, '', body].join('\n') };
}

async function retry(options: RetryOptions, ids: readonly string[]): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const wrong = ids.find((id) => !Uuid.safeParse(id).success);
  if (wrong !== undefined) return invalidId(wrong);
  if (ids.length === 0 && options.all !== true)
    return { ok: false, code: 'nothing_named', message: 'name the dead letters, or give --all' };
  const dryRun = options.dryRun === true;
  const body = { ...(ids.length === 0 ? {} : { inboxIds: ids }), filter: filterOf(options), dryRun };
  const retried = await askAsManager(access.value, RetriedCount, 'POST', '/v1/dead-letters/retry', body);
  if (!retried.ok) return retried;
  const { count } = retried.value;
  return { ok: true, data: { count, dryRun }, text: `${count} ${dryRun ? 'would go' : 'go'} on` };
}

async function replay(options: AccessOptions, ids: readonly string[]): Promise<Outcome> {
  const access = accessOf(options);
  if (!access.ok) return access;
  const wrong = ids.find((id) => !Uuid.safeParse(id).success);
  if (wrong !== undefined) return invalidId(wrong);
  const replayed = await askAsManager(access.value, RetriedCount, 'POST', '/v1/webhooks/replay', {
    inboxIds: ids,
  });
  if (!replayed.ok) return replayed;
  return { ok: true, data: replayed.value, text: `${replayed.value.count} go on` };
}

function filterOf({ provider, reason }: FilterOptions): Record<string, string> {
  return { ...(provider === undefined ? {} : { provider }), ...(reason === undefined ? {} : { reason }) };
}

function invalidId(id: string): Outcome {
  return { ok: false, code: 'invalid_id', message: `"${id}" is no id of a webhook (a UUID)` };
}
