import type fc from 'fast-check';
import { MissingPackageError } from '../errors.ts';

/** The package fast-check, as `import fc from 'fast-check'` gives it. */
export type FastCheck = typeof fc;

/** Loads fast-check, which is an optional peer. Rejects with `MissingPackageError` where it is not installed. */
export const loadFastCheck = async (feature: string): Promise<FastCheck> => {
  try {
    return (await import('fast-check')).default;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new MissingPackageError(feature, ['fast-check'], error);
  }
};
