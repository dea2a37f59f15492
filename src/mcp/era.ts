import { isLegacyRequest, PROTOCOL_VERSION_META_KEY } from '@modelcontextprotocol/server';
import { isObject } from './sessions/json-rpc.ts';

/** The revisions with sessions that clients name in a header; the first one knew no such header. */
const WITH_SESSIONS: readonly (string | null)[] = [null, '2025-03-26', '2025-06-18', '2025-11-25'];

/**
 * Whether there is no doubt: one message that names no newer revision, neither in it nor in the header. It is what most
 * messages of a session are, and the SDK takes as long to say so as everything else here.
 */
const isPlainlyLegacy = (request: Request, body: unknown): boolean => {
  if (!isObject(body) || body['jsonrpc'] !== '2.0' || typeof body['method'] !== 'string')
    return false;
  if (!WITH_SESSIONS.includes(request.headers.get('mcp-protocol-version'))) return false;
  const { params = {} } = body;
  if (!isObject(params)) return false;
  const { _meta: meta = {} } = params;
  return isObject(meta) && !(PROTOCOL_VERSION_META_KEY in meta);
};

/**
 * Whether a request is of a revision with sessions. Where that is not plain to see, by the SDK's own word, which is also
 * what it serves by: the two never differ.
 *
 * @param body as JSON; `undefined` for none: it opens or ends a stream of a session, or the session.
 */
export const isLegacy = async (request: Request, body: unknown): Promise<boolean> =>
  body === undefined || isPlainlyLegacy(request, body) || isLegacyRequest(request, body);
