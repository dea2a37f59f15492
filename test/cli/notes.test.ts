import { expect, test } from 'vitest';
import { NOTE_LIMITS, Notes } from '../../src/cli/notes.ts';

test('notes are kept in order, and no more than there is room for', () => {
  const notes = new Notes();
  expect(notes.add('x'.repeat(NOTE_LIMITS.characters + 1))).toBeNull();
  for (let n = 1; n <= NOTE_LIMITS.notes; n += 1) expect(notes.add(`note ${n}`)).toBe(n);
  expect(notes.add('one too many')).toBeNull();
  expect(notes.list()).toHaveLength(NOTE_LIMITS.notes);
  expect(notes.list()[0]).toBe('note 1');
});
