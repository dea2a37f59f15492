import fc from 'fast-check';
import { CARDS } from './pretend-gateway.ts';

const card = fc.constantFrom(...CARDS);

/** What an order hears. Fields are arbitraries of fast-check, or values that are always the same. */
export const orderEvents = {
  ADD: { cents: fc.integer({ min: 1, max: 10_000 }) },
  CHECKOUT: { card },
  NEW_CARD: { card },
  RESERVED: {},
  SOLD_OUT: {},
  PACKED: {},
  DELIVERED: { to: 'the neighbour' },
  FOUND: {},
  RETURN: {},
  CANCEL: {},
};
