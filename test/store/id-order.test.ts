import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdOrder } from '../../src/store/id-order.ts';

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

test('ids come in order after any cursor, whatever came and went', () => {
  const id = fc.string({
    maxLength: 2,
    unit: fc.constantFrom('a', 'B', '_', '-', '0', 'é', '\uffff', '🧵'),
  });
  const step = fc.record({ id, looks: fc.boolean(), cursor: fc.option(id) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const order = new IdOrder();
      const model = new Set<string>();
      for (const { id: one, looks, cursor } of steps) {
        if (model.delete(one)) order.delete(one);
        else {
          model.add(one);
          order.add(one);
        }
        expect(order.size).toBe(model.size);
        if (!looks) continue;
        const expected = [...model]
          .sort(byBytes)
          .filter((other) => cursor === null || byBytes(other, cursor) > 0);
        expect([...order.after(cursor)]).toEqual(expected);
      }
    }),
  );
});

test('ids can be taken from the middle on, one at a time', () => {
  const order = new IdOrder();
  for (let n = 0; n < 1_000; n++) order.add(String(n).padStart(4, '0'));
  const rest = order.after('0499');
  expect(rest.next().value).toBe('0500');
  expect(rest.next().value).toBe('0501');
});
