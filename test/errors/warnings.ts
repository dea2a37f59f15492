import { onTestFinished } from 'vitest';

/** Hears Holdfast's warnings of the process until the test is over; gives those so far. */
export const hearWarnings = (): (() => Promise<readonly string[]>) => {
  const warnings: string[] = [];
  const hear = (warning: Error & { readonly code?: string }): void => {
    if (warning.code === 'HOLDFAST_UNHEARD') warnings.push(warning.message);
  };
  process.on('warning', hear);
  onTestFinished(() => {
    process.off('warning', hear);
  });
  return async () => {
    // Node tells of warnings a turn later.
    await new Promise((resolve) => process.nextTick(resolve));
    return warnings;
  };
};
