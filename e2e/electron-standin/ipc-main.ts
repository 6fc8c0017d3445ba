import { EventEmitter } from 'node:events';
import { strictClass } from './strict.ts';

export type InvokeHandler = (event: unknown, ...args: unknown[]) => unknown;

class IpcMain extends EventEmitter {
  readonly #handlers = new Map<string, InvokeHandler>();

  handle(channel: string, handler: InvokeHandler): void {
    if (this.#handlers.has(channel)) {
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    }
    this.#handlers.set(channel, handler);
  }
  removeHandler(channel: string): void {
    this.#handlers.delete(channel);
  }
  handlerOf(channel: string): InvokeHandler | undefined {
    return this.#handlers.get(channel);
  }
}
strictClass('ipcMain', IpcMain);

export const ipcMain = new IpcMain();
