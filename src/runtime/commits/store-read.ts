import { HoldfastError, StoreError } from '../../errors.ts';

/** What a read of the store answers; where it fails with anything else than our own errors, `StoreError`. */
export const storeRead = async <T>(what: string, answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof HoldfastError
      ? error
      : new StoreError(`${what} could not be read`, error);
  }
};
