import { EventEmitter } from 'node:events';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { SingleInstanceLock } from './single-instance.ts';
import { StandinEvent, strictClass } from './strict.ts';

export interface AppSetup {
  readonly root: string;
  readonly manifest: { readonly name?: string; readonly version?: string };
  readonly switches: readonly string[];
}

/** What the windows and the browser are asked for when the program ends. */
export interface Quitting {
  /** Asks each window to close. Answers false when one of them refused. */
  closeWindows(): Promise<boolean>;
  closeBrowser(): Promise<void>;
}

export interface ProcessMetric {
  readonly pid: number;
  readonly type: 'Browser' | 'Utility';
  readonly name?: string;
}

let utilityMetrics = (): ProcessMetric[] => [];
export function onAppMetrics(value: () => ProcessMetric[]): void {
  utilityMetrics = value;
}

let setup: AppSetup = { root: process.cwd(), manifest: {}, switches: [] };
let quitting: Quitting = { closeWindows: async () => true, closeBrowser: async () => {} };

export function configureApp(value: AppSetup): void {
  setup = value;
}
export function onQuitting(value: Quitting): void {
  quitting = value;
}

const EXIT_TIMEOUT_MS = 3_000;

class App extends EventEmitter {
  readonly isPackaged = false;
  readonly #ready = Promise.withResolvers<void>();
  readonly #pathByName = new Map<string, string>();
  #isReady = false;
  #lock: SingleInstanceLock | undefined;
  #state: 'running' | 'quitting' | 'exiting' = 'running';

  /** Switches that the app (or Playwright) adds for Chromium. */
  readonly chromiumSwitches = new Map<string, string | undefined>();
  readonly commandLine = {
    appendSwitch: (name: string, value?: string): void => {
      const before = this.chromiumSwitches.get(name);
      const isList = before !== undefined && value !== undefined && name.endsWith('-features');
      this.chromiumSwitches.set(name, isList ? `${before},${value}` : value);
    },
    hasSwitch: (name: string): boolean =>
      this.chromiumSwitches.has(name) || setup.switches.some((text) => text.split('=')[0] === `--${name}`),
  };

  whenReady(): Promise<void> {
    return this.#ready.promise;
  }
  isReady(): boolean {
    return this.#isReady;
  }
  becomeReady(): void {
    this.#isReady = true;
    this.emit('ready', new StandinEvent(), {});
    this.#ready.resolve();
  }
  getName(): string {
    return setup.manifest.name ?? 'Electron';
  }
  getVersion(): string {
    return setup.manifest.version ?? '0.0.0';
  }
  getAppPath(): string {
    return setup.root;
  }
  getPath(name: string): string {
    const config = process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
    const known: Record<string, string> = {
      home: homedir(),
      temp: tmpdir(),
      appData: config,
      userData: join(config, this.getName()),
    };
    const path = this.#pathByName.get(name) ?? known[name];
    if (path === undefined) throw new Error(`Failed to get '${name}' path`);
    return path;
  }
  setPath(name: string, path: string): void {
    if (!isAbsolute(path)) throw new Error('Path must be absolute');
    this.#pathByName.set(name, path);
  }
  /** Every renderer of the stand-in is a page of Chromium: it has no Node to keep away. */
  enableSandbox(): void {}

  requestSingleInstanceLock(): boolean {
    this.#lock = SingleInstanceLock.acquire(this.getPath('userData'), (argv, workingDirectory) =>
      this.emit('second-instance', new StandinEvent(), argv, workingDirectory, {}),
    );
    return this.#lock !== undefined;
  }
  hasSingleInstanceLock(): boolean {
    return this.#lock !== undefined;
  }

  /** The processes that the app itself can tell apart; Chromium's own are left out. */
  getAppMetrics(): ProcessMetric[] {
    return [{ pid: process.pid, type: 'Browser' }, ...utilityMetrics()];
  }

  isEnding(): boolean {
    return this.#state !== 'running';
  }
  quit(): void {
    if (this.#state !== 'running') return;
    this.#state = 'quitting';
    const event = new StandinEvent();
    this.emit('before-quit', event);
    if (event.defaultPrevented) {
      if (!this.#isExiting()) this.#state = 'running';
      return;
    }
    void quitting.closeWindows().then((closed) => {
      if (!closed) this.#state = 'running';
      else {
        this.emit('will-quit', new StandinEvent());
        this.exit(0);
      }
    });
  }
  exit(code = 0): void {
    if (this.#isExiting()) return;
    this.#state = 'exiting';
    this.emit('quit', new StandinEvent(), code);
    this.#lock?.release();
    setTimeout(() => process.exit(code), EXIT_TIMEOUT_MS).unref();
    void quitting.closeBrowser().finally(() => process.exit(code));
  }
  #isExiting(): boolean {
    return this.#state === 'exiting';
  }
}
strictClass('app', App);

export const app = new App();
app.setMaxListeners(0);

/** Electron's own refusal to be used too early. */
export function requireReady(what: string): void {
  if (!app.isReady()) throw new Error(`${what} cannot be used before the app is ready`);
}
