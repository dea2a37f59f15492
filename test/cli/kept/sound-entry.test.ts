import { describe, expect, test } from 'vitest';
import { brought, exported, recordOf } from './sample-export.ts';

describe('an entry of the journal', () => {
  const withEntry = (data: unknown): string[] => {
    const [header = '', session = '', , ...rest] = exported([recordOf()]);
    return [header, session, JSON.stringify({ kind: 'entry', seq: 1, epoch: 1, data }), ...rest];
  };
  const message = { kind: 'message', at: 1, role: 'user', content: 'x' };
  const operation = { kind: 'operation', at: 1, phase: 'started', operation: 'op', name: 'sync' };
  const finished = { ...operation, phase: 'finished', outcome: 'failed' };

  test.each([
    message,
    { ...message, content: [{ type: 'image', more: 1 }], metadata: {} },
    operation,
    { ...operation, phase: 'interrupted' },
    { ...finished, error: 'why' },
    { kind: 'of a newer version' },
    null,
    'text',
  ])('is taken in: %j', async (data) => {
    expect((await brought(withEntry(data)))[1]).toMatchObject({ entry: { data } });
  });

  test.each([
    { ...message, role: undefined },
    { ...message, role: '__proto__' },
    { ...message, content: undefined },
    { ...message, content: [{ text: 'x' }] },
    { ...message, content: {} },
    { ...message, metadata: [] },
    { ...message, at: '\u001b[2J' },
    { kind: 'operation' },
    { ...operation, phase: '\u001b]0;pwned\u0007' },
    { ...operation, phase: 'constructor' },
    { ...operation, phase: undefined },
    { ...operation, name: undefined },
    { ...operation, operation: 1 },
    { ...operation, at: null },
    { ...finished, outcome: 'well' },
    { ...finished, error: {} },
  ])('is refused where it is not what its kind says: %j', async (data) => {
    await expect(brought(withEntry(data))).rejects.toThrow(
      'line 3: is an entry that is not what its kind says.',
    );
  });
});
