import { isJsonContentType, readRequestBody } from '@modelcontextprotocol/server';
import { LIMITS } from '../limits.ts';
import {
  bodyTooLarge,
  invalidRequest,
  notAcceptable,
  notJson,
  notJsonContentType,
} from './answers.ts';
import { type Inbound, inboundOf, nestsDeeper } from './inbound.ts';

/**
 * Reads and looks over the body of a POST before any session is looked up, so that a request that is
 * refused here leaves nothing behind. Returns the refusal where there is one.
 */
export const readInbound = async (
  request: Request,
  mostBytes: number,
): Promise<Inbound | Response> => {
  const accept = request.headers.get('accept') ?? '';
  if (!accept.includes('application/json') || !accept.includes('text/event-stream')) {
    return notAcceptable();
  }
  if (!isJsonContentType(request.headers.get('content-type'))) return notJsonContentType();
  const read = await readRequestBody(request, mostBytes);
  if (read.tooLarge) return bodyTooLarge(mostBytes);
  let body: unknown;
  try {
    body = JSON.parse(read.text);
  } catch {
    return notJson();
  }
  if (nestsDeeper(body, LIMITS.jsonLevels)) {
    return invalidRequest(`the body is nested deeper than ${LIMITS.jsonLevels} levels`);
  }
  return inboundOf(body) ?? invalidRequest('the body is no JSON-RPC message');
};
