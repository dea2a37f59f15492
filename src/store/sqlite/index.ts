/** The durable store of one process: an SQLite database in a folder. Listed by hand: what is not here is not public. */

export { openSqliteStore, type SqliteStoreOptions } from './open.ts';
export type { FolderHolder } from './thread/folder-owner.ts';
