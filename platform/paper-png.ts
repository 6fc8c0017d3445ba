import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import { type Paper, paperToSvg } from '../domain/paper.ts';

/** The font travels with the product: a kiosk's image may hold none, and the paper must look the same everywhere. */
const FONT_FILES = ['DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf'].map((file) =>
  createRequire(import.meta.url)
    .resolve(`dejavu-fonts-ttf/ttf/${file}`)
    // Native code cannot read inside Electron's archive: the packed kiosk has the fonts beside it.
    .replace(/\bapp\.asar(?=[\\/])/, 'app.asar.unpacked'),
);

/** Draws a paper, one pixel to the printer's dot. Takes some tens of milliseconds. */
export function renderPaperPng(paper: Paper): Buffer {
  const picture = new Resvg(paperToSvg(paper), {
    font: { loadSystemFonts: false, fontFiles: FONT_FILES, defaultFontFamily: 'DejaVu Sans Mono' },
  });
  return picture.render().asPng();
}
