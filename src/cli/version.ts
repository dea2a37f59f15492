import { createRequire } from 'node:module';

/** The version of this package. */
export const version = (): string => {
  const manifest: unknown = createRequire(import.meta.url)('holdfast/package.json');
  return (manifest as { version: string }).version;
};
