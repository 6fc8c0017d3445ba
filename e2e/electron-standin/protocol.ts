import { schemes } from './addresses.ts';
import { app, requireReady } from './app.ts';
import { strict } from './strict.ts';

export type SchemeHandler = (request: Request) => Response | Promise<Response>;

const handlerByScheme = new Map<string, SchemeHandler>();

export const protocol = strict('protocol', {
  registerSchemesAsPrivileged(
    list: readonly { readonly scheme: string; readonly privileges?: object }[],
  ): void {
    if (app.isReady()) {
      throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    }
    for (const { scheme, privileges } of list) schemes.set(scheme, privileges ?? {});
  },
  handle(scheme: string, handler: SchemeHandler): void {
    requireReady('protocol.handle');
    if (handlerByScheme.has(scheme)) throw new Error('Failed to register protocol: already registered');
    handlerByScheme.set(scheme, handler);
  },
  isProtocolHandled: (scheme: string): boolean => handlerByScheme.has(scheme),
});

export function handlerOfUrl(url: string): SchemeHandler | undefined {
  return handlerByScheme.get(new URL(url).protocol.slice(0, -1));
}
