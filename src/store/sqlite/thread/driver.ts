import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MissingPackageError } from '../../../errors.ts';

/** A value in a column. */
export type SqlValue = string | number | null;

/** A row, by column. May have properties besides. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A prepared statement. It can be used again after it threw. */
export interface Statement {
  /** How many rows it made, changed or removed. */
  run(...values: SqlValue[]): number;
  /** The first row; `undefined`: there is none. */
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): readonly SqlRow[];
}

/** An open database: what the two packages that bring SQLite have in common. */
export interface Database {
  /** Runs statements without a result. */
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** Twice is once. */
  close(): void;
}

/** What brings SQLite to this Node. */
export interface Driver {
  readonly name: 'node:sqlite' | 'libsql';
  /** Throws what SQLite says. A file that is not there is made, unless it is only to be read. */
  open(path: string, options?: { readonly readOnly?: boolean }): Database;
  /** SQLite's result code in what this driver throws, without the extension; `null`: it is not of SQLite. */
  codeOf(error: unknown): number | null;
}

/** A statement as both packages have it. */
interface PackageStatement {
  run(...values: SqlValue[]): { readonly changes: number };
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): readonly SqlRow[];
}

/** A database as both packages have it. */
interface PackageDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): PackageStatement;
  close(): void;
}

/** The part of `node:sqlite` that is used. */
interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
    options: { readonly readOnly: boolean },
  ) => PackageDatabase;
}

/** The part of `libsql` that is used. */
type Libsql = new (path: string) => PackageDatabase;

/** A result code has its extension in the higher bits. */
const plainCode = (code: unknown): number | null => (typeof code === 'number' ? code & 0xff : null);

const memberOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;

/** So that `libsql` takes no path for an address of its own, and a change of the folder moves nothing. */
const absolute = (path: string): string => (path === ':memory:' ? path : resolve(path));

const wrapped = (
  database: PackageDatabase,
  statementOf: (sql: string) => PackageStatement,
): Database => {
  let isOpen = true;
  return {
    exec: (sql) => {
      database.exec(sql);
    },
    prepare: (sql) => {
      const statement = statementOf(sql);
      return {
        run: (...values) => Number(statement.run(...values).changes),
        get: (...values) => statement.get(...values),
        all: (...values) => statement.all(...values),
      };
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      database.close();
    },
  };
};

const nodeDriver = ({ DatabaseSync }: NodeSqlite): Driver => ({
  name: 'node:sqlite',
  open: (path, { readOnly = false } = {}) => {
    const database = new DatabaseSync(absolute(path), { readOnly });
    return wrapped(database, (sql) => database.prepare(sql));
  },
  codeOf: (error) => plainCode(memberOf(error, 'errcode')),
});

/**
 * `libsql` does not reset a statement whose `get` or `all` threw: it goes on throwing the same. So that one is prepared
 * anew.
 */
const renewed = (database: PackageDatabase, sql: string): PackageStatement => {
  let statement = database.prepare(sql);
  const renewing = <T>(use: () => T): T => {
    try {
      return use();
    } catch (error) {
      statement = database.prepare(sql);
      throw error;
    }
  };
  return {
    run: (...values) => renewing(() => statement.run(...values)),
    get: (...values) => renewing(() => statement.get(...values)),
    all: (...values) => renewing(() => statement.all(...values)),
  };
};

/** Where a file cannot be opened, `libsql` has the code in its words only. */
const CONNECTION_FAILED = /^ConnectionFailed\(.*: (\d+)"\)$/s;

const libsqlDriver = (Libsql: Libsql): Driver => ({
  name: 'libsql',
  open: (path, { readOnly = false } = {}) => {
    const file = absolute(path);
    const database = new Libsql(readOnly ? `${pathToFileURL(file).href}?mode=ro` : file);
    return wrapped(database, (sql) => renewed(database, sql));
  },
  codeOf: (error) => {
    const code = plainCode(memberOf(error, 'rawCode'));
    if (code !== null || !(error instanceof Error)) return code;
    const said = CONNECTION_FAILED.exec(error.message)?.[1];
    return said === undefined ? null : plainCode(Number(said));
  },
});

/** Whether this version of Node has `node:sqlite` without a flag: from 22.13 on, and from 23.4 on. */
export const hasNodeSqlite = (nodeVersion: string): boolean => {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  if (major === 22) return minor >= 13;
  return major === 23 ? minor >= 4 : major > 23;
};

const isMissing = (error: unknown): boolean =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String(memberOf(error, 'code')));

const importLibsql = (): Promise<{ default: unknown }> => import('libsql');

/**
 * Loads the driver of this Node: `node:sqlite` from 22.13 on, the package `libsql` before.
 *
 * @param nodeVersion default: that of this process.
 * @param load how `libsql` is imported; default: as it is.
 * @throws MissingPackageError where `libsql`, or its part for this platform, is needed and not installed.
 */
export const loadDriver = async (
  nodeVersion: string = process.versions.node,
  load: () => Promise<{ default: unknown }> = importLibsql,
): Promise<Driver> => {
  if (hasNodeSqlite(nodeVersion)) {
    // The name is no literal: the types of Node 20 do not know it, nor do its bundlers.
    const name: string = 'node:sqlite';
    return nodeDriver((await import(name)) as NodeSqlite);
  }
  try {
    return libsqlDriver((await load()).default as Libsql);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new MissingPackageError('The SQLite store', ['libsql'], error);
  }
};
