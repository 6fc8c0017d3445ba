import { fork, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.ts';
import { readMigrations } from './migration-files.ts';
import { createPersonalDataBox, loadOrCreateKey } from './personal-data.ts';
import type { ServiceMessage } from './service.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-platform-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('personal data', () => {
  it('comes back as it was, is unreadable at rest, and a changed byte is noticed', () => {
    const box = createPersonalDataBox(loadOrCreateKey(join(folder, 'key')));
    const customer = { name: 'Fulana de Tal', cpf: '52998224725' };
    const sealed = box.seal(customer);
    expect(box.open(sealed)).toEqual(customer);
    expect(sealed.includes(Buffer.from('52998224725'))).toBe(false);
    sealed.writeUInt8(sealed.readUInt8(sealed.length - 1) ^ 1, sealed.length - 1);
    expect(() => box.open(sealed)).toThrow();
  });

  it('keeps its key, readable by its owner alone', () => {
    const file = join(folder, 'keys', 'personal-data.key');
    const key = loadOrCreateKey(file);
    expect(Buffer.from(loadOrCreateKey(file)).equals(Buffer.from(key))).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('a key whose writing is cut short', () => {
  it('is made anew by the next start', () => {
    const file = join(folder, 'personal-data.key');
    const script = join(folder, 'make-key.ts');
    const source = JSON.stringify(join(import.meta.dirname, 'personal-data.ts'));
    writeFileSync(
      script,
      `import { loadOrCreateKey } from ${source};\nloadOrCreateKey(${JSON.stringify(file)});\n`,
    );
    // No file may grow: the process opens its key file and ends before the first byte is in it.
    const cutShort = spawnSync('sh', ['-c', 'ulimit -f 0; exec "$0" "$1"', process.execPath, script]);
    expect(cutShort.status).not.toBe(0);
    expect(existsSync(`${file}.part`)).toBe(true);
    expect(loadOrCreateKey(file)).toHaveLength(32);
    expect(loadOrCreateKey(file)).toHaveLength(32);
  });
});

describe('lockFolder', () => {
  it('lets one holder in, and the next after it has left', () => {
    const first = lockFolder(folder);
    expect(first).not.toBeNull();
    expect(lockFolder(folder)).toBeNull();
    first?.release();
    const second = lockFolder(folder);
    expect(second).not.toBeNull();
    second?.release();
  });

  it('is dropped with a process that is killed', async () => {
    const script = join(folder, 'holder.ts');
    const source = JSON.stringify(join(import.meta.dirname, 'folder-lock.ts'));
    writeFileSync(
      script,
      `import { lockFolder } from ${source};\nprocess.send(lockFolder(${JSON.stringify(folder)}) !== null);\nsetInterval(() => {}, 1000);\n`,
    );
    const holder = fork(script);
    expect(await new Promise((resolve) => holder.once('message', resolve))).toBe(true);
    expect(lockFolder(folder)).toBeNull();
    const gone = new Promise((resolve) => holder.once('exit', resolve));
    holder.kill('SIGKILL');
    await gone;
    const next = lockFolder(folder);
    expect(next).not.toBeNull();
    next?.release();
  });
});

describe('readMigrations', () => {
  it('reads them in order with their checksums', () => {
    writeFileSync(join(folder, '0020_second.sql'), 'SELECT 2;');
    writeFileSync(join(folder, '0010_first.sql'), 'SELECT 1;');
    const migrations = readMigrations(folder);
    expect(migrations.map((migration) => [migration.version, migration.name])).toEqual([
      [10, '0010_first.sql'],
      [20, '0020_second.sql'],
    ]);
    expect(migrations[0]?.checksum).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses a name without a number, and one number twice', () => {
    writeFileSync(join(folder, 'later.sql'), '');
    expect(() => readMigrations(folder)).toThrow('NNNN_name.sql');
    rmSync(join(folder, 'later.sql'));
    writeFileSync(join(folder, '0010_a.sql'), '');
    writeFileSync(join(folder, '0010_b.sql'), '');
    expect(() => readMigrations(folder)).toThrow('one number');
  });
});

describe('runService', () => {
  const serviceFile = JSON.stringify(join(import.meta.dirname, 'service.ts'));

  async function runs(body: string): Promise<{
    message: ServiceMessage;
    exitCode: Promise<number | null>;
    stop: () => void;
    stderr: () => string;
  }> {
    const script = join(folder, `service-${Math.random().toString(36).slice(2)}.ts`);
    writeFileSync(script, `import { runService, StartupFailure } from ${serviceFile};\n${body}`);
    const child = fork(script, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const exitCode = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const message = await new Promise<ServiceMessage>((resolve) => child.once('message', resolve as never));
    return { message, exitCode, stop: () => child.disconnect(), stderr: () => stderr };
  }

  it('says where it can be reached, and stops when its supervisor is gone', async () => {
    const service = await runs(
      "setInterval(() => {}, 1000); await runService('demo', async () => ({ addresses: { demo: 'http://x' }, close: async () => { console.error('closed'); } }));",
    );
    expect(service.message).toEqual({ kind: 'ready', name: 'demo', addresses: { demo: 'http://x' } });
    service.stop();
    expect(await service.exitCode).toBe(0);
    expect(service.stderr()).toContain('closed');
  });

  it('fails with one line and no stack when its reader can mend it', async () => {
    const service = await runs(
      "await runService('demo', async () => { throw new StartupFailure('the key is missing: set X'); });",
    );
    expect(service.message).toEqual({
      kind: 'startup_failed',
      name: 'demo',
      message: 'the key is missing: set X',
    });
    expect(await service.exitCode).toBe(1);
    expect(service.stderr().trim()).toBe('demo: the key is missing: set X');
  });

  it('names the port that is in use', async () => {
    const service = await runs(
      "import { createServer } from 'node:net'; const first = createServer().listen(0, '127.0.0.1', () => runService('demo', () => new Promise((_, reject) => createServer().on('error', reject).listen(first.address().port, '127.0.0.1'))));",
    );
    expect(service.message.kind === 'startup_failed' && service.message.message).toMatch(
      /^port \d+ is in use: stop the program that holds it/,
    );
    expect(await service.exitCode).toBe(1);
  });
});
