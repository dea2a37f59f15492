// A payment gateway for tests. It answers at once, and what it answers is decided by the card: so that a run of events
// gives the same each time.
import { fromPromise } from 'xstate';

const refuseUnless = (accepted: boolean): void => {
  if (!accepted) throw new Error('The card was refused.');
};

export const pretendGateway = {
  charge: fromPromise<
    void,
    { readonly card: string; readonly cents: number; readonly attempt: number }
  >(async ({ input: { card, attempt } }) =>
    refuseUnless(card === 'good' || card === 'closing' || (card === 'flaky' && attempt > 1)),
  ),
  refund: fromPromise<void, { readonly card: string; readonly cents: number }>(
    async ({ input: { card } }) => refuseUnless(card !== 'closing'),
  ),
};

/** The cards it tells apart. */
export const CARDS = ['good', 'flaky', 'bad', 'closing'] as const;
