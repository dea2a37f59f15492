import { expect, test } from 'vitest';
import { outputTo } from '../../src/cli/output-to.ts';

const stream = () => {
  const written: string[] = [];
  return { written, write: (text: string | Uint8Array) => written.push(String(text)) > 0 };
};

test('each line goes out with its end, where it belongs, and harmless', () => {
  const [out, err] = [stream(), stream()];
  for (const colours of [true, false]) {
    const output = outputTo(out, err, colours);
    expect(output.colours).toBe(colours);
    output.print('\u001b[31ma\n');
    output.complain('\u001b[31mb\u009b');
  }
  expect(out.written).toEqual(['\u001b[31ma\\u000a\n', '\\u001b[31ma\\u000a\n']);
  expect(err.written).toEqual(['\\u001b[31mb\\u009b\n', '\\u001b[31mb\\u009b\n']);
});
