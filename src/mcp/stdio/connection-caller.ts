import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Who is at the other end of the pipe. Nothing of a message over stdio names that, in either era, so it goes with the work
 * that the message sets off.
 */
const atTheOtherEnd = new AsyncLocalStorage<string | null>();

/** Does what a message of this caller's connection sets off. */
export const onBehalfOf = (principal: string | null, work: () => void): void =>
  atTheOtherEnd.run(principal, work);

/** Whose connection the work at hand was set off by; `undefined`: none of stdio. */
export const callerOfConnection = (): string | null | undefined => atTheOtherEnd.getStore();
