import { unsupportedVersion } from './answers.ts';

/** Revisions a client may speak here, newest first. Those of 2024 differ in nothing that matters to a session. */
const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'];

/** What a client speaks that does not say so. */
const UNSAID = '2025-03-26';

/**
 * The revision a request is of, by its header; the refusal of one that is not spoken here, whatever its client asked for as
 * it opened the session: the server has agreed on another one.
 */
export const revisionOf = (request: Request): string | Response => {
  const revision = request.headers.get('mcp-protocol-version') ?? UNSAID;
  return REVISIONS.includes(revision) ? revision : unsupportedVersion(revision, REVISIONS);
};

/** Whether its clients can read an event without data. */
export const isPrimed = (revision: string): boolean => revision >= '2025-11-25';

/** Whether it has batches. */
export const hasBatches = (revision: string): boolean => revision < '2025-06-18';
