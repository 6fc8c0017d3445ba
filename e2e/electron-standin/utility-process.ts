import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { onAppMetrics, requireReady } from './app.ts';
import { strict, strictClass } from './strict.ts';

export interface ForkOptions {
  readonly serviceName?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdio?: readonly ('pipe' | 'ignore' | 'inherit')[];
}

const running = new Set<UtilityProcess>();
onAppMetrics(() =>
  [...running].flatMap(({ pid, name }) =>
    pid === undefined ? [] : [{ pid, type: 'Utility' as const, name }],
  ),
);

/** A Node process with a parent port. Messages are structured clones, as in Electron; ports cannot be transferred. */
class UtilityProcess extends EventEmitter {
  readonly name: string;
  readonly #child: ChildProcess;

  constructor(modulePath: string, args: readonly string[], options: ForkOptions) {
    super();
    this.name = options.serviceName ?? 'Node Utility Process';
    running.add(this);
    const boot = new URL('./utility-boot.ts', import.meta.url);
    this.#child = fork(boot, [modulePath, ...args], {
      env: options.env ?? process.env,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: [...(options.stdio ?? ['ignore', 'inherit', 'inherit']), 'ipc'],
    });
    this.#child.on('spawn', () => this.emit('spawn'));
    this.#child.on('message', (message) => this.emit('message', message));
    this.#child.on('exit', (code) => {
      running.delete(this);
      this.emit('exit', code ?? 0);
    });
  }

  get pid(): number | undefined {
    return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
  }
  get stdout(): Readable | null {
    return this.#child.stdout;
  }
  get stderr(): Readable | null {
    return this.#child.stderr;
  }
  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.length > 0)
      throw new Error('electron stand-in: transferring MessagePorts is not implemented');
    // Electron drops what is sent to a process that is gone.
    if (this.#child.connected) this.#child.send(message as object, () => {});
  }
  kill(): boolean {
    return this.#child.kill('SIGTERM');
  }
}
strictClass('UtilityProcess', UtilityProcess);

export const utilityProcess = strict('utilityProcess', {
  fork(modulePath: string, args: readonly string[] = [], options: ForkOptions = {}): UtilityProcess {
    requireReady('utilityProcess');
    return new UtilityProcess(modulePath, args, options);
  },
});
