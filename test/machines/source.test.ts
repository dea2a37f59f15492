import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// Beside the tests of what the charts do: `npm run mutation` changes their text, which says nothing about that.

test('the charts import nothing but xstate and each other', () => {
  const folder = new URL('../../machines/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    for (const [, specifier] of source.matchAll(/\bfrom '([^']+)'/g)) {
      expect(specifier, file).toMatch(/^(xstate|\.\/[a-z-]+\.ts)$/);
    }
    expect(source, file).not.toMatch(/import\(|Date\b|performance|Math\.random|process\./);
  }
});
