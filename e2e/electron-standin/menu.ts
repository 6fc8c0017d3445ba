import { strict } from './strict.ts';

let applicationMenu: object | null | undefined;

/** The stand-in shows no menu; it remembers that the app asked for none. */
export const Menu = strict('Menu', {
  setApplicationMenu(menu: null): void {
    applicationMenu = menu;
  },
  getApplicationMenu: (): object | null | undefined => applicationMenu,
});
