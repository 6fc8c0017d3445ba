import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKioskDatabase } from '../main/store/database.ts';
import { KIOSK_MIGRATIONS_FOLDER, migrateKiosk } from '../main/store/migrate.ts';
import { KIOSK_DATABASE_FILE } from '../main/store/store.ts';
import { lockFolder } from '../platform/folder-lock.ts';
import { runCommandLine } from './program.ts';

/** The example of the Banco Central's manual. */
const MANUAL_CODE =
  '00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totem-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function totem(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const result = { exitCode: 0, out: '', err: '' };
  await runCommandLine(args, {
    out: (text) => {
      result.out += `${text}\n`;
    },
    err: (text) => {
      result.err += `${text}\n`;
    },
    setExitCode: (code) => {
      result.exitCode = code;
    },
  });
  return result;
}

describe('totem', () => {
  it('lists its commands, and says what it does not know', async () => {
    const help = await totem('--help');
    expect(help).toMatchObject({ exitCode: 0, err: '' });
    for (const command of ['br-code', 'enrol', 'kiosks', 'ticket', 'migrate', 'support-bundle'])
      expect(help.out).toContain(command);

    const wrong = await totem('sell');
    expect(wrong).toMatchObject({ exitCode: 2, out: '' });
    expect(wrong.err).toContain("unknown command 'sell'");
    expect((await totem('br-code', 'decode')).exitCode).toBe(2);
  });
});

describe('totem br-code', () => {
  it('decodes', async () => {
    const { exitCode, out } = await totem('br-code', 'decode', MANUAL_CODE);
    expect(exitCode).toBe(0);
    expect(out).toContain('Fulano de Tal');
    expect(out).toContain('123e4567-e12b-12d1-a456-426655440000');
    const json = JSON.parse((await totem('br-code', 'decode', MANUAL_CODE, '--json')).out);
    expect(json).toMatchObject({ ok: true, data: { kind: 'static', amountCents: null } });
  });

  it('says why a code does not hold, and exits with 1', async () => {
    const broken = MANUAL_CODE.replace('Fulano', 'Fulana');
    const text = await totem('br-code', 'decode', broken);
    expect(text).toMatchObject({ exitCode: 1, out: '' });
    expect(text.err).toContain('[crc_mismatch]');
    const json = JSON.parse((await totem('br-code', 'decode', broken, '--json')).out);
    expect(json).toMatchObject({ ok: false, code: 'crc_mismatch' });
  });

  it('encodes what it can decode again', async () => {
    const encoded = await totem(
      ...['br-code', 'encode', '--key', '+5511999999999', '--amount', '10', '--txid', 'pedido7'],
      ...['--name', 'Clínica Aurora', '--city', 'São Paulo', '--json'],
    );
    const { data } = JSON.parse(encoded.out) as { data: { brCode: string } };
    const decoded = JSON.parse((await totem('br-code', 'decode', data.brCode, '--json')).out);
    expect(decoded.data).toMatchObject({
      kind: 'static',
      key: '+5511999999999',
      amountCents: 1_000,
      txid: 'pedido7',
      merchant: { name: 'Clinica Aurora', city: 'Sao Paulo' },
    });
  });

  it.each([
    [['--name', 'A', '--city', 'B'], 1, 'key_or_url'],
    [['--name', 'A', '--city', 'B', '--key', 'x', '--url', 'y.example/z'], 1, 'key_or_url'],
    [['--name', 'A', '--city', 'B', '--key', '+5511999999999', '--amount', '10,00'], 1, 'invalid_amount'],
    [['--name', 'A', '--city', 'B', '--key', 'not a key'], 1, 'invalid_key'],
    [['--name', 'A', '--key', '+5511999999999'], 2, '--city'],
  ])('refuses %j', async (args, exitCode, reason) => {
    const result = await totem('br-code', 'encode', ...args);
    expect(result).toMatchObject({ exitCode, out: '' });
    expect(result.err).toContain(reason);
  });
});

describe('totem ticket preview', () => {
  it('shows the ticket as text, picture and bytes', async () => {
    const png = join(folder, 'ticket.png');
    const escpos = join(folder, 'ticket.bin');
    const args = [
      '--png',
      png,
      '--escpos',
      escpos,
      '--label',
      'V007',
      '--cpf',
      '529.982.247-25',
      '--copy',
      '2',
    ];
    const { exitCode, out } = await totem('ticket', 'preview', ...args);
    expect(exitCode).toBe(0);
    expect(out).toContain('V007');
    expect(out).toContain('2ª VIA');
    expect(out).toContain('***.982.247-**');
    expect(PNG.sync.read(readFileSync(png)).width).toBeGreaterThanOrEqual(576);
    expect(readFileSync(escpos).subarray(0, 2)).toEqual(Buffer.from([0x1b, 0x40]));
  });

  it.each([
    ['free', 'Gratuito'],
    ['at_counter', 'A PAGAR NO GUICHÊ: R$ 25,50'],
  ])('shows a ticket %s', async (payment, words) => {
    const { out } = await totem('ticket', 'preview', '--payment', payment, '--amount', '25.50');
    expect(out).toContain(words);
    expect(out).not.toMatch(/pago|pix/i);
  });

  it.each([
    [['--cpf', '11111111111'], 'invalid_cpf'],
    [['--payment', 'barter'], 'invalid_payment'],
    [['--amount', 'x'], 'invalid_amount'],
    [['--copy', '0'], 'invalid_copy'],
    [['--time-zone', 'Mars/Olympus'], 'invalid_time_zone'],
    [['--png', '/nowhere/at/all.png'], 'not_written'],
  ])('refuses %j', async (args, reason) => {
    const result = await totem('ticket', 'preview', ...args);
    expect(result).toMatchObject({ exitCode: 1, out: '' });
    expect(result.err).toContain(`[${reason}]`);
  });
});

describe('totem migrate', () => {
  it('brings a kiosk up to date, and finds nothing to do the second time', async () => {
    mkdirSync(join(folder, 'totem-1'));
    openKioskDatabase(join(folder, 'totem-1', KIOSK_DATABASE_FILE)).close();
    const first = JSON.parse((await totem('migrate', '--data', folder, '--json')).out);
    expect(first.data[0].database).toBe('totem-1');
    expect(first.data[0].applied).toContain('0010_initial.sql');
    expect((await totem('migrate', '--data', folder)).out).toContain('totem-1: up to date');
  });

  it('refuses a folder that is not there, or in use', async () => {
    expect((await totem('migrate', '--data', join(folder, 'none'))).err).toContain('there is no folder');
    const lock = lockFolder(folder);
    const result = await totem('migrate', '--data', folder);
    lock?.release();
    expect(result).toMatchObject({ exitCode: 1 });
    expect(result.err).toContain('Totem is running');
  });
});

describe('totem support-bundle', () => {
  it('holds the state and the logs’ ends of every kiosk, and reports one that cannot be read', async () => {
    mkdirSync(join(folder, 'totem-1'));
    mkdirSync(join(folder, 'totem-2'));
    mkdirSync(join(folder, 'logs'));
    const db = openKioskDatabase(join(folder, 'totem-1', KIOSK_DATABASE_FILE));
    migrateKiosk(db, KIOSK_MIGRATIONS_FOLDER, 0);
    db.close();
    writeFileSync(
      join(folder, 'totem-2', KIOSK_DATABASE_FILE),
      'not a database, and long enough to be read as one',
    );
    writeFileSync(join(folder, 'logs', 'totem-1.log'), '{"msg":"one"}\n{"msg":"two"}\n');
    const file = join(folder, 'bundle.json');
    const result = await totem('support-bundle', '--data', folder, '--out', file, '--json');
    expect(JSON.parse(result.out)).toEqual({ ok: true, data: { file, kiosks: ['totem-1', 'totem-2'] } });
    const bundle = JSON.parse(readFileSync(file, 'utf8'));
    expect(bundle.kiosks['totem-1'].integrityCheck).toEqual(['ok']);
    expect(bundle.kiosks['totem-2']).toContain('unreadable');
    expect(bundle.logs['totem-1']).toEqual(['{"msg":"one"}', '{"msg":"two"}']);
  });

  it('says when there is nothing to bundle', async () => {
    const result = await totem('support-bundle', '--data', join(folder, 'none'));
    expect(result).toMatchObject({ exitCode: 1 });
    expect(result.err).toContain('[no_data]');
  });
});
