// An order of a shop, as a machine that knows nothing of Holdfast: paid with retries while the stock is reserved, sent,
// and perhaps returned. Its payments go through a gateway, which whoever runs it provides.
import { assign, fromPromise, setup } from 'xstate';

export interface Order {
  readonly cents: number;
  readonly card: string;
  /** Charges of this card that failed. */
  readonly failures: number;
  readonly paid: boolean;
  readonly delivered: string | null;
}

type OrderEvent =
  | { type: 'ADD'; cents: number }
  | { type: 'CHECKOUT'; card: string }
  | { type: 'NEW_CARD'; card: string }
  | { type: 'RESERVED' }
  | { type: 'SOLD_OUT' }
  | { type: 'PACKED' }
  | { type: 'DELIVERED'; to: string }
  | { type: 'FOUND' }
  | { type: 'RETURN' }
  | { type: 'CANCEL' };

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const unavailable = async (): Promise<void> => {
  throw new Error('There is no payment gateway.');
};

export const orderMachine = setup({
  types: { context: {} as Order, events: {} as OrderEvent },
  actors: {
    charge: fromPromise<
      void,
      { readonly card: string; readonly cents: number; readonly attempt: number }
    >(unavailable),
    refund: fromPromise<void, { readonly card: string; readonly cents: number }>(unavailable),
  },
  delays: {
    retry: ({ context }) => 1_000 * 2 ** context.failures,
    patience: 15 * MINUTE,
    reservation: 10 * MINUTE,
    transit: 14 * DAY,
    returns: 30 * DAY,
  },
  guards: {
    'something in it': ({ context }) => context.cents > 0,
    'worth a retry': ({ context }) => context.failures < 2,
    paid: ({ context }) => context.paid,
  },
  actions: {
    add: assign({
      cents: ({ context, event }) => context.cents + (event.type === 'ADD' ? event.cents : 0),
    }),
    'take the card': assign({
      card: ({ event }) => ('card' in event ? event.card : ''),
      failures: 0,
    }),
    'count the failure': assign({ failures: ({ context }) => context.failures + 1 }),
    'note the payment': assign({ paid: true }),
    'note the refund': assign({ paid: false }),
    'note the delivery': assign({
      delivered: ({ event }) => (event.type === 'DELIVERED' ? event.to : null),
    }),
  },
}).createMachine({
  id: 'order',
  context: { cents: 0, card: '', failures: 0, paid: false, delivered: null },
  initial: 'cart',
  states: {
    cart: {
      on: {
        ADD: { actions: 'add' },
        CHECKOUT: { guard: 'something in it', target: 'placed', actions: 'take the card' },
        CANCEL: 'cancelled',
      },
    },
    placed: {
      type: 'parallel',
      on: { CANCEL: 'undoing', SOLD_OUT: 'undoing' },
      onDone: 'sending',
      states: {
        payment: {
          initial: 'charging',
          states: {
            charging: {
              invoke: {
                src: 'charge',
                input: ({ context: { card, cents, failures } }) => ({
                  card,
                  cents,
                  attempt: failures + 1,
                }),
                onDone: { target: 'paid', actions: 'note the payment' },
                onError: [
                  { guard: 'worth a retry', target: 'waiting', actions: 'count the failure' },
                  { target: 'declined' },
                ],
              },
            },
            waiting: { after: { retry: 'charging' } },
            declined: {
              on: { NEW_CARD: { target: 'charging', actions: 'take the card' } },
              after: { patience: '#order.undoing' },
            },
            paid: { type: 'final' },
          },
        },
        stock: {
          initial: 'reserving',
          states: {
            reserving: { on: { RESERVED: 'reserved' }, after: { reservation: '#order.undoing' } },
            reserved: { type: 'final' },
          },
        },
      },
    },
    sending: {
      initial: 'packing',
      states: {
        packing: { on: { PACKED: 'inTransit' } },
        inTransit: {
          on: { DELIVERED: { target: '#order.delivered', actions: 'note the delivery' } },
          after: { transit: 'lost' },
        },
        lost: { on: { FOUND: 'inTransit', CANCEL: '#order.undoing' } },
      },
    },
    delivered: { on: { RETURN: 'undoing' }, after: { returns: 'completed' } },
    undoing: {
      initial: 'deciding',
      states: {
        deciding: {
          always: [{ guard: 'paid', target: 'refunding' }, { target: '#order.cancelled' }],
        },
        refunding: {
          invoke: {
            src: 'refund',
            input: ({ context: { card, cents } }) => ({ card, cents }),
            onDone: { target: '#order.cancelled', actions: 'note the refund' },
            onError: 'refused',
          },
        },
        refused: { after: { retry: 'refunding' }, on: { CANCEL: '#order.cancelled' } },
      },
    },
    completed: { type: 'final' },
    cancelled: { type: 'final' },
  },
});
