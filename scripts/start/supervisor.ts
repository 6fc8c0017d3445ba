import { type ChildProcess, fork } from 'node:child_process';
import {
  closeSync,
  createWriteStream,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type ServiceMessage, StartupFailure } from '../../platform/service.ts';
import { launchElectron } from '../electron-binary.ts';
import { projectEnvironment } from '../process.ts';
import { projectDir } from '../project.ts';

export interface ServiceDefinition {
  readonly name: string;
  /** A file of the project that Node runs, or the shell in Electron's binary. */
  readonly program: { readonly node: string } | { readonly electronBinary: string };
  readonly environment: Readonly<Record<string, string>>;
}

export interface SupervisedService {
  readonly name: string;
  readonly addresses: Readonly<Record<string, string>>;
  /** Asks it to stop and waits; kills it when it does not. */
  stop(): Promise<void>;
  /** Ends it by `signal`, keeps it down while `work` is done, and starts it again. */
  whileDown(signal: NodeJS.Signals, work: () => Promise<void>): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 12_000;
/** A service that falls is started again: at once the first time, then more slowly, never given up. */
const RESTART_DELAYS_MS = [100, 500, 1_000, 2_000, 5_000];
/** A service that ran this long had not fallen because of its start. */
const STABLE_MS = 30_000;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/**
 * Starts a service as a process of its own and keeps it running until it is told to stop.
 * @throws StartupFailure with the service's own line when the first start fails
 */
export async function superviseService(
  definition: ServiceDefinition,
  dataDir: string,
  say: (line: string) => void,
): Promise<SupervisedService> {
  const logDir = join(dataDir, 'logs');
  mkdirSync(logDir, { recursive: true });
  // For a person with a shell, and for tests that kill: which process is which.
  const pidFile = join(logDir, `${definition.name}.pid`);
  let stopping = false;
  let keptDown = false;
  let restarts = 0;
  let restartTimer: NodeJS.Timeout | undefined;
  let child: ChildProcess;
  let launching: Promise<unknown>;

  const launch = (): Promise<Readonly<Record<string, string>>> => {
    const launched = launchOnce();
    launching = launched;
    return launched;
  };
  const launchOnce = async (): Promise<Readonly<Record<string, string>>> => {
    const startedAt = Date.now();
    child = launchWithLog(definition, logDir);
    const running = child;
    writeFileSync(pidFile, `${running.pid}\n`);
    const addresses = await readiness(running, definition.name);
    running.once('exit', (code, signal) => {
      if (stopping || keptDown) return;
      if (Date.now() - startedAt > STABLE_MS) restarts = 0;
      say(`${definition.name} stopped (${signal ?? `exit ${code}`}); starting it again`);
      scheduleRestart();
    });
    return addresses;
  };
  const scheduleRestart = (): void => {
    const delayMs = RESTART_DELAYS_MS[Math.min(restarts, RESTART_DELAYS_MS.length - 1)] ?? 0;
    restarts += 1;
    restartTimer = setTimeout(() => {
      launch().then(
        () => say(`${definition.name} is running again`),
        (error: Error) => {
          if (stopping || keptDown) return;
          say(`${definition.name}: ${error.message}`);
          scheduleRestart();
        },
      );
    }, delayMs);
  };

  const addresses = await launch();
  return {
    name: definition.name,
    addresses,
    stop: async () => {
      stopping = true;
      clearTimeout(restartTimer);
      await endChild(child, 'SIGTERM');
      rmSync(pidFile, { force: true });
    },
    whileDown: async (signal, work) => {
      keptDown = true;
      clearTimeout(restartTimer);
      try {
        await endChild(child, signal);
        // A start that this cut short has to be over before the next one; how it failed is of no interest.
        await launching.catch(() => undefined);
        await work();
      } finally {
        keptDown = false;
        if (!stopping) scheduleRestart();
      }
    },
  };
}

function launchWithLog({ name, program, environment }: ServiceDefinition, logDir: string): ChildProcess {
  const file = join(logDir, `${name}.log`);
  // One older file is kept; a totem runs for months.
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  const env = projectEnvironment(environment);
  if ('electronBinary' in program) {
    const child = launchElectron({ binary: program.electronBinary, environment: env });
    child.stderr?.pipe(createWriteStream(file, { flags: 'a' }));
    return child;
  }
  const log = openSync(file, 'a');
  const child = fork(join(projectDir, program.node), [], {
    cwd: projectDir,
    env,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return child;
}

function readiness(child: ChildProcess, name: string): Promise<Readonly<Record<string, string>>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new StartupFailure(`${name} was not ready within ${READY_TIMEOUT_MS / 1000} s; see its log`));
    }, READY_TIMEOUT_MS);
    const settle = (): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      child.off('error', onError);
    };
    const onMessage = (message: ServiceMessage): void => {
      settle();
      if (message.kind === 'ready') resolve(message.addresses);
      else reject(new StartupFailure(`${name}: ${message.message}`));
    };
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
      settle();
      reject(new StartupFailure(`${name} stopped while starting (${signal ?? `exit ${code}`}); see its log`));
    };
    // It could not even be started (no memory, no process left): without a listener this would end everything.
    const onError = (error: Error): void => {
      settle();
      reject(new StartupFailure(`${name} could not be started: ${error.message}`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
    child.on('error', onError);
  });
}

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(timer);
}
