import { describe } from 'vitest';
import { answerCases } from './answers.ts';
import { connectionCases } from './connections.ts';
import { collectedBodyCases, requestCases } from './requests.ts';
import type { AdapterUnderTest } from './serve.ts';
import { streamCases } from './streams.ts';
import { writtenCases } from './written-bodies.ts';

/** Every adapter passes this, over real sockets. */
export const adapterContract = (adapter: AdapterUnderTest): void => {
  describe(`${adapter.name}: requests`, () => {
    requestCases(adapter);
    if (adapter.collectsBodies) collectedBodyCases(adapter);
  });
  describe(`${adapter.name}: answers`, () => answerCases(adapter));
  describe(`${adapter.name}: written bodies`, () => writtenCases(adapter));
  describe(`${adapter.name}: streams`, () => streamCases(adapter));
  describe(`${adapter.name}: connections`, () => connectionCases(adapter));
};
