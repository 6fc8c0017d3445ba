import { Command } from 'commander';
import { addBackupCommands } from './commands/backup.ts';
import { addBrCodeCommands } from './commands/br-code.ts';
import { addCatalogCommands } from './commands/catalog.ts';
import { addCustomersCommands } from './commands/customers.ts';
import { addDeadLettersCommands } from './commands/dead-letters.ts';
import { addFulfilmentCommands } from './commands/fulfilment.ts';
import { addKiosksCommands } from './commands/kiosks.ts';
import { addLedgerCommands } from './commands/ledger.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addRecurringCommands } from './commands/recurring.ts';
import { addRefundsCommands } from './commands/refunds.ts';
import { addRoutingCommands } from './commands/routing.ts';
import { addSplitsCommands } from './commands/splits.ts';
import { addSupportBundleCommand } from './commands/support-bundle.ts';
import { addTicketCommands } from './commands/ticket.ts';
import { addTransactionsCommands } from './commands/transactions.ts';
import { EXIT_USAGE, type Terminal } from './output.ts';

/** Runs one command line, without the program's own name: `['br-code', 'decode', '…']`. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<void> {
  const program = new Command('totem')
    .description('Operator’s commands. Each takes --json and --help.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    // A command and the commands below it may take the same option.
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for what it takes)');
  addBrCodeCommands(program, terminal);
  addTicketCommands(program, terminal);
  addKiosksCommands(program, terminal);
  addCatalogCommands(program, terminal);
  addRoutingCommands(program, terminal);
  addSplitsCommands(program, terminal);
  addTransactionsCommands(program, terminal);
  addRefundsCommands(program, terminal);
  addRecurringCommands(program, terminal);
  addCustomersCommands(program, terminal);
  addFulfilmentCommands(program, terminal);
  addDeadLettersCommands(program, terminal);
  addLedgerCommands(program, terminal);
  addMigrateCommand(program, terminal);
  addSupportBundleCommand(program, terminal);
  addBackupCommands(program, terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    // commander throws for help and for usage errors alike, after it has written its text.
    const exitCode = (error as { exitCode?: number }).exitCode;
    if (exitCode === undefined) throw error;
    terminal.setExitCode(exitCode === 0 ? 0 : EXIT_USAGE);
  }
}
