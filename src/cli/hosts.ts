import { hostname, networkInterfaces } from 'node:os';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Whether only this machine can reach a server that listens on `host`. */
export const isLoopback = (host: string): boolean =>
  LOOPBACK.includes(bracketed(host)) || /^127\.\d+\.\d+\.\d+$/.test(host);

/**
 * The names under which a server that listens on `host` may be addressed. Anything else in a Host header
 * comes from a page that has had its own name resolved to this machine.
 */
export const allowedHosts = (host: string): readonly string[] => {
  if (host !== '0.0.0.0' && host !== '::') return [...LOOPBACK, bracketed(host)];
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [...LOOPBACK, hostname(), ...addresses.map(({ address }) => bracketed(address))];
};
