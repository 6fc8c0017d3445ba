import { expect, test } from 'vitest';
import { isBlockedKey, type KeyPress } from './key-guard.ts';

/** "Control+Shift+I" → what Electron reports for it. */
function press(combination: string): KeyPress {
  const parts = combination.split('+');
  const key = parts.pop() ?? '';
  return {
    key: key === 'Plus' ? '+' : key === 'Space' ? ' ' : key,
    control: parts.includes('Control'),
    alt: parts.includes('Alt'),
    meta: parts.includes('Meta'),
    shift: parts.includes('Shift'),
  };
}

test.each([
  [
    'developer tools',
    ['F12', 'Control+Shift+I', 'Control+Shift+J', 'Control+Shift+C', 'Meta+Alt+I', 'Control+u'],
  ],
  ['reload', ['F5', 'Control+r', 'Control+R', 'Control+Shift+R', 'Control+F5', 'Meta+r', 'BrowserRefresh']],
  ['close and quit', ['Control+w', 'Control+Shift+W', 'Control+q', 'Meta+q', 'Alt+F4', 'Control+F4']],
  ['a new window or tab', ['Control+n', 'Control+Shift+N', 'Control+t', 'Meta+n']],
  ['zoom', ['Control+Plus', 'Control+=', 'Control+-', 'Control+0']],
  [
    'print, save, open, find, address',
    ['Control+p', 'Control+s', 'Control+o', 'Control+f', 'Control+l', 'F3', 'F6'],
  ],
  ['back and forward', ['Alt+ArrowLeft', 'Alt+ArrowRight', 'Alt+Home', 'BrowserBack', 'BrowserForward']],
  ['full screen and menus', ['F11', 'F10', 'ContextMenu', 'Alt+Space', 'Control+Alt+i']],
])('%s', (_what, combinations) => {
  expect(combinations.filter((combination) => !isBlockedKey(press(combination)))).toEqual([]);
});

test('what a person types and edits with passes', () => {
  const allowed = [
    ...['a', 'Shift+A', '7', 'ç', 'Enter', 'Tab', 'Shift+Tab', 'Escape', 'Backspace', 'Delete', 'ArrowLeft'],
    ...['Home', 'End', 'Control+a', 'Control+c', 'Control+v', 'Control+x', 'Control+z', 'Meta+v'],
    ...['Control+Control', 'Shift+Shift', 'Alt+Alt', 'Control+Alt+@', 'Control+Alt+€'],
  ];
  expect(allowed.filter((combination) => isBlockedKey(press(combination)))).toEqual([]);
});
