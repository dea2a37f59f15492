import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../../src/store/sqlite/thread/database.ts';
import {
  type Driver,
  hasNodeSqlite,
  loadDriver,
} from '../../../../src/store/sqlite/thread/driver.ts';
import { Engine } from '../../../../src/store/sqlite/thread/engine.ts';

/** A version of Node that has no SQLite of its own. */
export const NODE_WITHOUT_SQLITE = '20.19.0';

/** The drivers there are here: `libsql` runs on every Node, so a Node with SQLite of its own has both. */
export const DRIVERS: readonly Driver[] = [
  await loadDriver(NODE_WITHOUT_SQLITE),
  ...(hasNodeSqlite(process.versions.node) ? [await loadDriver()] : []),
];

/** A folder that is gone when `use` is done. */
export const inFolder = <T>(use: (folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sqlite-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** An engine on a database of its own, which is gone when `use` is done. */
export const withEngine = <T>(driver: Driver, use: (engine: Engine, path: string) => T): T =>
  inFolder((folder) => {
    const path = join(folder, 'sessions.db');
    const engine = new Engine(openDatabase(driver, path), driver);
    try {
      return use(engine, path);
    } finally {
      engine.close();
    }
  });
