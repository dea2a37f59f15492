import type { FileHandle } from 'node:fs/promises';

/** So much goes to a file at once, or comes from it, characters or bytes. */
const CHUNK = 64 * 1024;

/** The same text in fewer pieces: small lines are put together. */
export function* inChunks(lines: Iterable<string>): Generator<string, void, undefined> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** What is in an open file, from its beginning, whatever was read or written before. */
export async function* chunksIn(file: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
