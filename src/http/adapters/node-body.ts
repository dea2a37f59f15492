import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../../limits.ts';
import type { Clock } from '../../time/clock.ts';

/** What became of a request's body. */
export type Collected =
  /** Its bytes; `null`: the request has none. */
  | Uint8Array
  | null
  /** It is longer than allowed. What is left of it is on its way, and nobody reads it. */
  | 'too-long'
  /** The client left before its end. */
  | 'gone'
  /** Somebody else has read of it. */
  | 'taken';

/** Reads the body of a request, up to so many bytes. Never rejects. */
export const collectBody = (req: IncomingMessage, mostBytes: number): Promise<Collected> | null => {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers;
  if (length === undefined && encoding === undefined) return null;
  if (req.readableDidRead) return Promise.resolve('taken');
  // A parser has waited for its end, which comes to nobody again: it is empty, whatever the parser made of that.
  if (req.readableEnded) return null;
  if (req.destroyed) return Promise.resolve('gone');
  if (Number(length ?? 0) > mostBytes) return Promise.resolve('too-long');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (collected: Collected): void => {
      req.off('data', take).off('end', finish).off('close', leave);
      resolve(collected);
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes > mostBytes) {
        req.pause();
        settle('too-long');
      } else chunks.push(chunk);
    };
    const finish = (): void => {
      const [first] = chunks;
      if (first === undefined) settle(null);
      else settle(chunks.length === 1 ? first : Buffer.concat(chunks, bytes));
    };
    const leave = (): void => settle('gone');
    req.on('data', take).on('end', finish).on('close', leave);
  });
};

/**
 * Lets what is left of a body run by, unread: a client that is still sending when its connection closes gets a reset, and
 * with it loses the answer it was sent. Resolves at the body's end, or when it has had its time or its bytes.
 */
export const runOut = (req: IncomingMessage, clock: Clock): Promise<void> =>
  new Promise((resolve) => {
    let bytes = 0;
    const settle = (): void => {
      patience.unsubscribe();
      req.off('data', count).off('end', settle).off('close', settle);
      resolve();
    };
    const count = (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes > LIMITS.unreadBodyBytes) settle();
    };
    const patience = clock.scheduler.schedule(settle, LIMITS.unreadBodyMs);
    req.on('end', settle).on('close', settle).on('data', count);
    req.resume();
  });
