import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The front door of the built package. */
type Package = typeof import('../../src/index.ts');
type Sqlite = typeof import('../../src/store/sqlite/index.ts');
type Planted = typeof import('../../src/planted.ts');

/** Where the built package under test is. Default: `dist` of this checkout. Another copy can be put to the same test. */
export const PRODUCT_VARIABLE = 'HOLDFAST_CRASH_PRODUCT';

/** What a process under test needs of the package. */
export interface Product {
  readonly holdfast: Package;
  readonly sqlite: Sqlite;
  readonly planted: Planted;
}

/** Loads the package as it was built: the processes of these tests run what a user runs. */
export const loadProduct = async (folder: string): Promise<Product> => {
  const load = async (path: string): Promise<unknown> =>
    import(pathToFileURL(join(folder, 'src', path)).href);
  return {
    // The three are built from those files.
    holdfast: (await load('index.js')) as Package,
    sqlite: (await load('store/sqlite/index.js')) as Sqlite,
    planted: (await load('planted.js')) as Planted,
  };
};
