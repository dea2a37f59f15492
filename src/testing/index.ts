/** For tests of what is built on Holdfast: virtual time, the store's contract, a store that goes wrong. */

export {
  createVirtualClock,
  type VirtualClock,
  type VirtualClockOptions,
} from '../time/virtual-clock.ts';
export {
  type FaultyStore,
  type FaultyStoreOptions,
  faultyStore,
  type StoreFault,
  type StoreMethod,
} from './faulty-store.ts';
export { type ContractCase, type OpenedStore, storeContract } from './store-contract.ts';
