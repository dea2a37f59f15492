import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chunksIn, inChunks } from '../../../src/cli/kept/chunks.ts';
import { temporaryFolder } from '../holdfast-process.ts';

const KIBIBYTE = 1024;

test('small lines go together, and a long one does not wait for others', () => {
  expect([...inChunks(['a\n', 'b\n'])]).toEqual(['a\nb\n']);
  expect([...inChunks([])]).toEqual([]);
  const line = `${'x'.repeat(KIBIBYTE - 1)}\n`;
  const chunks = [...inChunks(Array.from({ length: 200 }, () => line))];
  expect(chunks.map(({ length }) => length / KIBIBYTE)).toEqual([64, 64, 64, 8]);
  expect([...inChunks([line.repeat(64), 'b\n'])]).toEqual([line.repeat(64), 'b\n']);
});

test('a file is read from its beginning to its end, wherever it was written last', async () => {
  const text = 'é'.repeat(100 * KIBIBYTE);
  const file = await open(join(temporaryFolder(), 'file'), 'wx+');
  try {
    await writeFile(file, inChunks([text]));
    const found: Uint8Array[] = [];
    for await (const chunk of chunksIn(file)) found.push(chunk);
    expect(Buffer.concat(found).toString()).toBe(text);
    expect(found.length).toBeGreaterThan(1);
  } finally {
    await file.close();
  }
});
