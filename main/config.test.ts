import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

const ENVIRONMENT = {
  TOTEM_KIOSK_PORT: '4310',
  TOTEM_DATA_DIR: 'data',
  TOTEM_SYNC_URL: 'http://127.0.0.1:4300',
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

  it.each([
    ['ABCD-2345', 'ABCD-2345'],
    ['', undefined],
  ])('takes the enrolment code "%s" as it is', (given, code) => {
    expect(readConfig({ ...ENVIRONMENT, TOTEM_ENROLMENT_CODE: given }).enrolmentCode).toBe(code);
    expect(readConfig(ENVIRONMENT).enrolmentCode).toBeUndefined();
  });

  it('names every variable that is wrong, and never prints the code', () => {
    const broken = {
      ...ENVIRONMENT,
      TOTEM_TECHNICIAN_PIN: '12',
      TOTEM_SYNC_URL: 'nowhere',
      TOTEM_ENROLMENT_CODE: 'ABCD2345',
    };
    expect(() => readConfig(broken)).toThrow(/TOTEM_SYNC_URL.*TOTEM_TECHNICIAN_PIN/);
    expect(() => readConfig(broken)).not.toThrow(/ABCD2345/);
  });
});
