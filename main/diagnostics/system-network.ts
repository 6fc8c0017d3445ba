import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { NetworkPort } from './layers.ts';

/** The interfaces of this machine. The system lists only those that are up and running. */
export const systemNetwork: NetworkPort = { isUp: () => hasLine(networkInterfaces()) };

/** An address that a machine gives itself (169.254/16, fe80::/10) tells of no line. */
export function hasLine(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): boolean {
  return Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .some(({ internal, address }) => !internal && !/^(169\.254\.|fe[89ab])/i.test(address));
}
