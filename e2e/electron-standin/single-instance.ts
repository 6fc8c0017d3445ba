import { existsSync, mkdirSync, readFileSync, rmSync, unwatchFile, watchFile, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const WATCH_INTERVAL_MS = 200;

type SecondInstance = (argv: string[], workingDirectory: string) => void;

/** Electron's single-instance lock, as a file of the user-data folder that names the first process. */
export class SingleInstanceLock {
  readonly #lockFile: string;
  readonly #callFile: string;

  private constructor(lockFile: string, callFile: string, onSecond: SecondInstance) {
    this.#lockFile = lockFile;
    this.#callFile = callFile;
    watchFile(callFile, { interval: WATCH_INTERVAL_MS, persistent: false }, () => {
      if (!existsSync(callFile)) return;
      const call = JSON.parse(readFileSync(callFile, 'utf8')) as { argv: string[]; cwd: string };
      rmSync(callFile, { force: true });
      onSecond(call.argv, call.cwd);
    });
  }

  /** Answers undefined when another process holds the lock; that process has then been told. */
  static acquire(folder: string, onSecond: SecondInstance): SingleInstanceLock | undefined {
    mkdirSync(folder, { recursive: true });
    const lockFile = join(folder, 'standin.lock');
    const callFile = join(folder, 'standin.second');
    const holder = existsSync(lockFile) ? Number(readFileSync(lockFile, 'utf8')) : undefined;
    if (holder !== undefined && holder !== process.pid && isAlive(holder)) {
      writeFileSync(callFile, JSON.stringify({ argv: process.argv, cwd: process.cwd() }));
      return undefined;
    }
    writeFileSync(lockFile, String(process.pid));
    return new SingleInstanceLock(lockFile, callFile, onSecond);
  }

  release(): void {
    unwatchFile(this.#callFile);
    rmSync(this.#lockFile, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
