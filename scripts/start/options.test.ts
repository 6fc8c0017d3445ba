import { describe, expect, it } from 'vitest';
import { DEFAULT_PORT_BASE, parseStartOptions } from './options.ts';

describe('parseStartOptions', () => {
  it('has defaults that a new user needs not think about', () => {
    const parsed = parseStartOptions([]);
    expect(parsed.kind === 'start' && { ...parsed.options, dataDir: '' }).toEqual({
      dataDir: '',
      headless: false,
      json: false,
      portBase: DEFAULT_PORT_BASE,
      totems: 1,
      printer: 'virtual',
      pixExpiresSeconds: 300,
    });
  });

  it('takes what it is told', () => {
    const parsed = parseStartOptions(
      '--headless --json --data /srv/totem --port-base 0 --totems 2 --printer tcp://10.0.0.9:9100 --pix-expires 60'.split(
        ' ',
      ),
    );
    expect(parsed).toEqual({
      kind: 'start',
      options: {
        dataDir: '/srv/totem',
        headless: true,
        json: true,
        portBase: 0,
        totems: 2,
        printer: 'tcp://10.0.0.9:9100',
        pixExpiresSeconds: 60,
      },
    });
  });

  it.each([
    [['--port-base', '80'], '--port-base'],
    [['--port-base', 'x'], '--port-base'],
    [['--totems', '0'], '--totems'],
    [['--printer', 'lpt1'], '--printer'],
    [['--pix-expires', '1'], '--pix-expires'],
    [['--colour'], '--colour'],
  ])('says what is wrong with %j', (args, named) => {
    const parsed = parseStartOptions(args);
    expect(parsed.kind === 'invalid' && parsed.message).toContain(named);
  });
});
