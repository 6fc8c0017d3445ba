// `npm start`: the whole shop on one machine. See docs/start.md.
import { StartupFailure } from '../platform/service.ts';
import { areScreensStale, buildScreens } from './build-screens.ts';
import { parseStartOptions, USAGE } from './start/options.ts';
import { type RunningSystem, type SystemAddresses, startSystem } from './start/system.ts';
import { prepareWindow } from './start/window.ts';

const parsed = parseStartOptions(process.argv.slice(2));
if (parsed.kind === 'help') {
  console.log(USAGE);
  process.exit(0);
}
if (parsed.kind === 'invalid') {
  console.error(`${parsed.message}\n\n${USAGE}`);
  process.exit(2);
}
const { options } = parsed;
const say = (line: string): void => {
  if (options.json) console.error(line);
  else console.log(line);
};

let system: RunningSystem | undefined;
/** Whether services may be running already; a stop then waits until all of them are known. */
let isStarting = false;
let stopRequested = false;
const stop = (): void => {
  // A second Ctrl-C does not tear the first one's orderly stop apart.
  if (stopRequested) return;
  stopRequested = true;
  // Building, or fetching Electron for minutes: nothing runs yet that would have to be stopped.
  if (!isStarting) process.exit(0);
  if (system === undefined) return;
  say('stopping …');
  system.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error('error while stopping', error);
      process.exit(1);
    },
  );
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
process.on('SIGHUP', stop);

try {
  if (areScreensStale()) {
    say('building the screens …');
    if (!(await buildScreens())) throw new StartupFailure('the screens could not be built; see above');
  }
  const electronBinary = options.headless ? null : await prepareWindow(say);
  isStarting = true;
  say('starting …');
  system = await startSystem(options, say, electronBinary);
  if (options.json) console.log(JSON.stringify(system.addresses));
  else announce(system.addresses);
  if (stopRequested) {
    stopRequested = false;
    stop();
  }
} catch (error) {
  console.error(error instanceof StartupFailure ? error.message : error);
  process.exit(1);
}

function announce(addresses: SystemAddresses): void {
  const rows: (readonly [string, string])[] = [
    ['totem', addresses.totem],
    ['queue', addresses.queue],
    ['panel', addresses.panel],
    ['technician', `${addresses.technician}  (PIN ${addresses.technicianPin})`],
    ['admin', `${addresses.admin}  (token ${addresses.token})`],
    ['bank app', addresses.provider],
    ['printer', addresses.printer],
    ...(addresses.mail === null ? [] : [['mails', addresses.mail] as const]),
    ['sync server', addresses.syncServer],
    ...addresses.totems.slice(1).map((totem) => [totem.kioskId, totem.totem] as const),
    ['data', addresses.data],
  ];
  for (const [name, value] of rows) console.log(`  ${name.padEnd(12)} ${value}`);
  console.log('Ready. Ctrl-C stops everything.');
}
