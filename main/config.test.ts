import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

const ENVIRONMENT = {
  TOTEM_KIOSK_PORT: '4310',
  TOTEM_DATA_DIR: 'data',
  TOTEM_SYNC_URL: 'http://127.0.0.1:4300',
  TOTEM_KIOSK_ID: 'totem-1',
  TOTEM_KIOSK_TOKEN: 'secret',
  TOTEM_PRINTER: 'mock',
  TOTEM_RENDERER_DIR: 'dist/renderer',
  TOTEM_TECHNICIAN_PIN: '4711',
};

describe('readConfig', () => {
  it('binds to the machine itself unless it is told otherwise', () => {
    expect(readConfig(ENVIRONMENT)).toMatchObject({
      host: '127.0.0.1',
      port: 4310,
      printer: { kind: 'mock' },
    });
  });

  it.each([
    ['tcp://127.0.0.1:9100', { kind: 'escpos', host: '127.0.0.1', port: 9100 }],
    ['tcp://printer.shop:9100', { kind: 'escpos', host: 'printer.shop', port: 9100 }],
    ['tcp://[::1]:9100', { kind: 'escpos', host: '::1', port: 9100 }],
  ])('reads the printer %s', (address, printer) => {
    expect(readConfig({ ...ENVIRONMENT, TOTEM_PRINTER: address }).printer).toEqual(printer);
  });

  it.each(['', 'usb', 'tcp://host', 'tcp://host:0', 'tcp://host:70000', 'http://host:9100'])(
    'refuses the printer "%s" and names the variable',
    (address) => {
      expect(() => readConfig({ ...ENVIRONMENT, TOTEM_PRINTER: address })).toThrow(
        /TOTEM_PRINTER: must be "mock"/,
      );
    },
  );

  it('names every variable that is wrong, and never prints the token', () => {
    const broken = { ...ENVIRONMENT, TOTEM_TECHNICIAN_PIN: '12', TOTEM_KIOSK_ID: 'Not An Id' };
    expect(() => readConfig(broken)).toThrow(/TOTEM_KIOSK_ID.*TOTEM_TECHNICIAN_PIN/);
    expect(() => readConfig(broken)).not.toThrow(/secret/);
  });
});
