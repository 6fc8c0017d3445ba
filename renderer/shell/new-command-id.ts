import { newId } from '../../domain/ids.ts';

/**
 * A fresh id for one press. By `getRandomValues`, because `crypto.randomUUID` does not exist on a page that comes
 * over plain HTTP from another machine of the LAN.
 */
export function newCommandId(): string {
  return newId({ nowMs: Date.now }, (count) => crypto.getRandomValues(new Uint8Array(count)));
}
