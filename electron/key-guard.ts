/** The part of Electron's `Input` that decides. */
export interface KeyPress {
  readonly key: string;
  readonly control: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
  readonly shift: boolean;
}

/** Help, reload, full screen, developer tools, and the keys that leave the page. */
const BLOCKED_KEYS: ReadonlySet<string> = new Set([
  ...Array.from({ length: 12 }, (_, index) => `f${index + 1}`),
  'browserback',
  'browserforward',
  'browserrefresh',
  'browserhome',
  'browsersearch',
  'browserfavorites',
  'launchmail',
  'launchapplication1',
  'launchapplication2',
  'printscreen',
  'contextmenu',
]);

/** What a person typing into a field needs; every other Ctrl/Cmd combination is the browser's, so it is blocked. */
const EDITING_KEYS: ReadonlySet<string> = new Set(['a', 'c', 'v', 'x', 'z', 'backspace', 'delete']);

/**
 * Whether the window swallows a key before the page and the browser see it: developer tools, reload, close, quit,
 * zoom, print, back. Alt+Tab and the Windows key belong to the operating system and are locked there
 * (docs/electron.md).
 */
export function isBlockedKey(press: KeyPress): boolean {
  const key = press.key.toLowerCase();
  if (BLOCKED_KEYS.has(key)) return true;
  if (press.alt && (key.startsWith('arrow') || key === 'home' || key === 'tab' || key === ' ')) return true;
  // AltGr arrives as Ctrl+Alt and types characters ("@" on a Brazilian keyboard): one character passes.
  if (press.control && press.alt) return key.length > 1 || !isTyped(press.key);
  if (press.control || press.meta) return press.shift || !(EDITING_KEYS.has(key) || isModifier(key));
  return false;
}

function isModifier(key: string): boolean {
  return key === 'control' || key === 'meta' || key === 'shift' || key === 'alt' || key === 'altgraph';
}

/** AltGr changes the character; an unchanged ASCII letter means a shortcut such as Ctrl+Alt+I. */
function isTyped(key: string): boolean {
  return !/^[a-z]$/i.test(key);
}
