import jsqr from 'jsqr';
import { describe, expect, it } from 'vitest';
import { QUIET_ZONE_MODULES, qrPath } from './qr-path.ts';

const SCALE = 4;

describe('qrPath', () => {
  it.each(['1', '00020126580014br.gov.bcb.pix0136123e4567-e12b-12d3-a456-426655440000 ção'])(
    'draws %s so that an independent reader reads it',
    (text) => {
      const { path, size } = qrPath(text);
      expect(jsqr.default(rasterise(path, size), size * SCALE, size * SCALE)?.data).toBe(text);
    },
  );

  it('leaves four modules of nothing around', () => {
    const { path, size } = qrPath('quiet');
    for (const [x, y, run] of runsOf(path)) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(QUIET_ZONE_MODULES);
      expect(Math.max(x + run, y + 1)).toBeLessThanOrEqual(size - QUIET_ZONE_MODULES);
    }
  });
});

/** The rectangles of the path: x, y, width, each one module high. */
function runsOf(path: string): [number, number, number][] {
  return [...path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)].map(([, x, y, run]) => [
    Number(x),
    Number(y),
    Number(run),
  ]);
}

function rasterise(path: string, size: number): Uint8ClampedArray {
  const side = size * SCALE;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [x, y, run] of runsOf(path)) {
    for (let row = y * SCALE; row < (y + 1) * SCALE; row += 1) {
      for (let column = x * SCALE; column < (x + run) * SCALE; column += 1) {
        pixels.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
      }
    }
  }
  return pixels;
}
