import type { IpcMainInvokeEvent } from 'electron';
import { expect, test, vi } from 'vitest';
import { silentLog } from '../platform/log.ts';
import { CHANNELS } from './ipc-channels.ts';
import { IPC_REQUESTS } from './ipc-contract.ts';
import { guarded, registerIpc } from './register-ipc.ts';

const cancel = { kind: 'checkout.cancel', sessionId: '0198c0de-0000-7000-8000-000000000001' } as const;

function eventFrom(frame: { url: string; parent: unknown } | null): IpcMainInvokeEvent {
  return { senderFrame: frame, sender: { id: 1 } } as unknown as IpcMainInvokeEvent;
}
const trusted = eventFrom({ url: 'app://kiosk/totem', parent: null });

test('a command of the page reaches its handler, and the answer comes back', async () => {
  const handler = vi.fn(() => ({ ok: true as const }));
  expect(await guarded(CHANNELS.execute, handler, silentLog)(trusted, cancel)).toEqual({ ok: true });
  expect(handler).toHaveBeenCalledWith(cancel, trusted.sender);
});

test.each([
  ['another origin', { url: 'https://evil.example/?app://kiosk', parent: null }],
  ['a subframe', { url: 'app://kiosk/totem', parent: {} }],
  ['a frame that is gone', null],
])('%s is refused on every channel before its input is even looked at', async (_who, frame) => {
  for (const channel of Object.keys(IPC_REQUESTS) as (keyof typeof IPC_REQUESTS)[]) {
    const handler = vi.fn();
    expect(await guarded(channel, handler, silentLog)(eventFrom(frame), 'nonsense')).toEqual({
      ok: false,
      code: 'unauthorized',
    });
    expect(handler).not.toHaveBeenCalled();
  }
});

test.each([
  ['nothing', undefined],
  ['an unknown command', { kind: 'database.drop' }],
  [
    'a queue command, which is the operator page’s',
    { kind: 'queue.call_next', counter: '1', commandId: cancel.sessionId },
  ],
  ['a session id that is none', { kind: 'checkout.cancel', sessionId: '1 or 1=1' }],
])('%s is malformed', async (_what, input) => {
  const handler = vi.fn();
  expect(await guarded(CHANNELS.execute, handler, silentLog)(trusted, input)).toEqual({
    ok: false,
    code: 'invalid_command',
  });
  expect(handler).not.toHaveBeenCalled();
});

test('a screen that the window does not show cannot be subscribed to', async () => {
  const subscribe = guarded(CHANNELS.subscribe, () => ({ ok: true }), silentLog);
  expect(await subscribe(trusted, { screen: 'admin' })).toEqual({ ok: false, code: 'invalid_command' });
  expect(await subscribe(trusted, { screen: 'totem' })).toEqual({ ok: true });
});

test('a handler that throws, or answers what the contract does not know, is an internal error without details', async () => {
  const throwing = guarded(CHANNELS.execute, () => Promise.reject(new Error('secret path')), silentLog);
  const wrong = guarded(CHANNELS.execute, () => ({ ok: false, code: 'boom' }) as never, silentLog);
  expect(await throwing(trusted, cancel)).toEqual({ ok: false, code: 'internal_error' });
  expect(await wrong(trusted, cancel)).toEqual({ ok: false, code: 'internal_error' });
});

test('every channel of the contract is registered, and no other', () => {
  const handle = vi.fn();
  registerIpc(
    { handle },
    { [CHANNELS.execute]: vi.fn(), [CHANNELS.subscribe]: vi.fn(), [CHANNELS.unsubscribe]: vi.fn() },
    silentLog,
  );
  expect(handle.mock.calls.map(([channel]) => channel as string).sort()).toEqual(
    Object.keys(IPC_REQUESTS).sort(),
  );
});
