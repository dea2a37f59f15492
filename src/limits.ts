/**
 * Every bound in Holdfast, with its unit and its default. A limit that is an option somewhere takes its
 * default from here; one that is not is a constant of the design and cannot be configured.
 */
export const LIMITS = {
  /** Sessions in memory at once, per process. Option `maxResident`. */
  maxResident: 10_000,
  /** Sessions of one principal at once. Option `maxPerPrincipal`. Anonymous sessions are not counted. */
  maxPerPrincipal: 100,
  /** Sessions that have not ended, in memory or stored. Option `maxStored`. */
  maxStored: 100_000,
  /** Idle or paused for so long, a session is put away in a durable store, ms. Option `deadlines.hibernateAfterMs`. */
  hibernateAfterMs: 30_000,
  /** How often a process notes in a durable store that it lives, ms. */
  aliveMs: 1_000,
  /** Stored sessions that are woken for a delay or ended by a deadline at once. */
  storedEnds: 64,
  /** Stored sessions that are being taken into memory at once; one more waits for a place. */
  wakesAtOnce: 128,
  /** Metadata of a session as JSON, bytes of UTF-8. */
  metadataBytes: 16 * 1024,
  /** A principal's name, characters. */
  principalLength: 256,
  /** A client's name or version, characters. */
  clientNameLength: 256,
  /** One journal entry as JSON, bytes of UTF-8. */
  messageBytes: 256 * 1024,
  /** A request's body, bytes. Option `maxBodyBytes` of the front-ends. */
  requestBodyBytes: 4 * 1024 * 1024,
  /** What is left of a body that was refused as too long runs by for so long, ms, */
  unreadBodyMs: 1_000,
  /** and up to so many bytes. */
  unreadBodyBytes: 32 * 1024 * 1024,
  /** Arrays and objects inside each other in a request's body, levels. Deeper is no use, and costs stack. */
  jsonLevels: 100,
  /** What one stream may hold that its client has not read, bytes. */
  streamBytes: 1024 * 1024,
  /** What is kept of one stream for a client that comes again, events. */
  streamEvents: 256,
  /** What one stream may hold that its client has not read while it is connected, events: each costs more than its bytes. */
  unreadEvents: 1_024,
  /** A full stream waits for so long for its client to read on, ms: then notifications are left out, and a GET is closed. */
  unreadPatienceMs: 1_000,
  /** What may wait meanwhile, of a server that does not await what it sends, bytes. */
  waitingBytes: 8 * 1024 * 1024,
  /** A call that has said nothing for so long is answered with a stream, ms. */
  streamAfterMs: 1_000,
  /** An open stream is silent for so long at most: then a comment keeps it, ms. */
  keepAliveMs: 30_000,
  /** How finely the due times of open streams and waiting answers are told apart, ms. */
  streamTickMs: 100,
  /** How often an open GET is asked for a sign of life where no heartbeat is expected, ms. */
  pingWindowMs: 90_000,
  /** Streams of POSTs of one session that have ended and can be resumed: the newest. As many as run at once. */
  resumableStreams: 64,
  /** What the streams of one session that can be resumed hold together, once they have ended, bytes. */
  resumableBytes: 2 * 1024 * 1024,
  /** The same, of all sessions of an endpoint, bytes: the oldest makes way. */
  endedStreamsBytes: 64 * 1024 * 1024,
  /** For so long the stream of a POST that has ended can be resumed, ms. */
  endedStreamMs: 5 * 60_000,
  /** What is kept of them while the session is put away, as JSON, bytes of UTF-8. */
  keptStreamsBytes: 128 * 1024,
  /** Messages in one batch of JSON-RPC. */
  batchMessages: 100,
  /** Resources a client subscribed to that are kept with its session: the newest. */
  keptSubscriptions: 1_000,
  /** What these are together as JSON, bytes of UTF-8. */
  keptSubscriptionsBytes: 64 * 1024,
  /** Records returned by one page of `list`. */
  listPage: 1_000,
  /** The shortest time to live of a handle, ms. Option `ttlMs` of `createHandles`. */
  handleTtlLeastMs: 1_000,
  /** The name of a kind of handle, characters: its tools' names are longer. */
  handleNameLength: 40,
  /** Handles in one answer of a listing tool. */
  handlesPage: 50,
  /** So many pages of sessions a listing tool looks through for the first handle. */
  handlePages: 20,
  /** Due entries looked at in one turn of the loop before I/O is let in again. */
  wheelTurn: 512,
  /** So long a turn goes on looking at due entries, ms: where looks are dear, it looks at fewer. */
  wheelTurnMs: 10,
  /** Tombstones and stored deadlines handled in one turn of the sweep. */
  sweepTurn: 512,
  /** How long a tombstone is kept, ms. Option `tombstoneMs`. */
  tombstoneMs: 20 * 60_000,
  /** Tombstones of one process in the store at once; the oldest makes way. Option `maxTombstones`. */
  maxTombstones: 100_000,
  /** How often stored records and tombstones are looked through, ms. Option `sweepIntervalMs`. */
  sweepIntervalMs: 30_000,
  /** The longest the deadline wheel waits between two looks, ms. */
  tickMs: 250,
  /** A difference between the axes of time, or a tick late by more than this, is a gap, ms. */
  gapMs: 2_000,
  /** First wait before a failed commit is tried again, ms; doubled up to `commitRetryMaxMs`. */
  commitRetryMs: 100,
  /** The longest wait between two tries of a commit, ms. */
  commitRetryMaxMs: 30_000,
  /** What running work gets at `maxLifetime` before its signal, ms. */
  lifetimeGraceMs: 30_000,
  /** What running operations get when the runtime drains, ms. */
  drainOperationsMs: 15_000,
  /** When a drain gives up on the store, ms from its start. */
  drainStoreMs: 20_000,
  /** A single operation, ms. Option `timeoutMs` of `run`. */
  operationTimeoutMs: 10 * 60_000,
  /** Operations running at once in one session. Option `maxConcurrentOperations`. */
  concurrentOperations: 64,
  /** Operations waiting in one session. Option `maxQueuedOperations`. */
  queuedOperations: 1_000,
  /** An operation's own id, and the name of an operation, characters. */
  operationNameLength: 128,
  /** What a journal keeps of the message of an error, characters. */
  errorMessageLength: 1_000,
  /** Recent events kept for late subscribers, of all sessions together. Option `maxRecentEvents`. */
  recentEvents: 1_000,
  /** Entries of one session's journal. Option `journal.maxEntries`. */
  journalEntries: 10_000,
  /** One session's journal as JSON, bytes of UTF-8. Option `journal.maxBytes`. */
  journalBytes: 16 * 1024 * 1024,
  /** Messages returned by one page of `messages`. */
  messagesPage: 1_000,
  /** Levels of anything that is kept as JSON: data, messages, metadata, results. */
  dataLevels: 500,
  /** Data of a session as JSON, bytes of UTF-8. */
  dataBytes: 256 * 1024,
  /** What all front-ends together keep of a session (`Session.frontEnd`) as JSON, bytes of UTF-8. */
  frontEndBytes: 256 * 1024,
  /** The MCP servers of a session as JSON, bytes of UTF-8. */
  mcpServersBytes: 64 * 1024,
  /** Arrays and objects inside each other in what a store is given: what came through a door is part of it. */
  storedLevels: 1_000,
  /** Calls of the SQLite store that share a transaction, and so a sync. */
  storeGroupCalls: 128,
  /** What such a group may hold as JSON, characters; a longer call goes alone. */
  storeGroupCharacters: 4 * 1024 * 1024,
  /** Groups of the SQLite store under way at once: one is done while the next one is on its way. */
  storeGroupsUnderWay: 2,
  /**
   * What the SQLite store reads of its answers, as JSON, before other work is let in again, characters. So much of records
   * is in one answer of its thread, too; a longer record comes alone.
   */
  storeBurstCharacters: 1024 * 1024,
  /** How long the opening of a folder waits for the process that has it, ms. Option `waitMs` of `openSqliteStore`. */
  storeWaitMs: 30_000,
  /** How often a folder that is in use is asked for meanwhile, ms. */
  storeAskMs: 100,
  /** Records, or journal entries, that a reader of a folder has in memory at once. */
  readerPage: 64,
  /** One line of an export that is taken in, bytes. */
  importLineBytes: 256 * 1024 * 1024,
  /** Numbers in a record that is taken in which are counted up from there: so they never run out of whole numbers. */
  importCount: 2 ** 48,
  /** What a line of the command line repeats of a text that somebody else chose, characters. */
  toldCharacters: 1_000,
  /** A store that takes nothing but the note that the process lives counts as failing for so long after a failure, ms. */
  storeTroubleMs: 10_000,
  /** A session's key, or an idempotency key, characters. */
  keyLength: 256,
  /** How often an update is tried anew when another came in between. */
  updateTries: 100,
  /**
   * Events of one session that wait to be told, where the first of them has waited for `untoldWaitMs`: what comes then
   * and is no change is left out, and that is told. A burst that a healthy store records at once is told in full.
   */
  untoldEvents: 1_000,
  /** How long the first event of a long row may wait before others are left out, ms. */
  untoldWaitMs: 1_000,
  /** `initialize`, ms. Option `initTimeoutMs`. */
  initTimeoutMs: 30_000,
  /** `cleanup`, ms. Option `cleanupTimeoutMs`. */
  cleanupTimeoutMs: 5_000,
  /** One hook, ms. Option `hookTimeoutMs`. */
  hookTimeoutMs: 5_000,
  /** Hooks waiting in one session. */
  queuedHooks: 100,
  /** The wait before a behaviour's first restart, ms; doubled each time. Option `backoffMs`. */
  restartBackoffMs: 500,
  /** The longest wait before a restart, ms. Option `maxBackoffMs`. */
  restartBackoffMaxMs: 30_000,
  /** Incarnations in a row that may fail before the session ends. Option `maxFailures`. */
  restartFailures: 5,
  /** So long without a failure starts count and wait anew, ms. Option `healthyAfterMs`. */
  restartHealthyMs: 10 * 60_000,
  /** A behaviour restarted from a snapshot that fails again within this, twice, starts from its input, ms. */
  earlyFailureMs: 5_000,
  /** What a caller is told to wait after a refusal for want of room, ms. */
  retryAfterMs: 1_000,
  /** The same, an MCP client whose principal has as many sessions as it may: none of them is about to end, ms. */
  quotaRetryAfterMs: 60_000,
  /** So many pages of a principal's sessions are looked through for one that can make way. */
  roomPages: 20,
  /** One makes way only when it has been quiet for at least so long, ms: the client of a younger one may well be there. */
  makesWayAfterMs: 60_000,
  /** `initialize` requests of one principal that wait for that at once; one more is refused. */
  waitingForRoom: 100,
  /** So long each of them waits for those before it, ms; then it is refused. */
  roomWaitMs: 30_000,
} as const;
