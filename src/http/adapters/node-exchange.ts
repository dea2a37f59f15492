import type { ServerResponse } from 'node:http';
import { heard } from '../../errors/heard.ts';
import { type Names, refuseOtherNames } from '../../errors/known-names.ts';
import { LIMITS } from '../../limits.ts';
import { checkedCount } from '../../runtime/liveness/deadlines.ts';
import type { Clock } from '../../time/clock.ts';
import { systemClock } from '../../time/system-clock.ts';
import type { Fetchable } from '../fetch.ts';
import { checkedApp, refuseNoClock, refuseNoFunction } from '../option-kinds.ts';
import { sendResponse } from './node-answer.ts';
import { collectBody, runOut } from './node-body.ts';
import { NodeClient } from './node-client.ts';
import { type NodeIncoming, NodeRequest, webRequestOf } from './node-request.ts';

/** How requests of node:http are taken in. */
export interface NodeHandlerOptions {
  /**
   * The longest request body, bytes, at least 1; default 4 MiB. A longer one is answered with 413, and what is left of it
   * runs by for a moment, unread. A body that the framework has parsed already had the framework's limit.
   */
  readonly maxBodyBytes?: number;
  /**
   * Hears what the client is not told: what the app rejected with, and what the stream of an answer failed with. Default:
   * the first one is a warning of the process.
   */
  readonly onError?: (error: unknown) => void;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** The options in force, and what they are for. */
export interface NodeServing {
  readonly app: Fetchable;
  readonly mostBytes: number;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
}

/** What a framework knows of a request. */
export interface Given {
  /** The body as its parser left it; looked at only where the body has been read. */
  readonly body?: unknown;
  readonly authInfo?: unknown;
  /** Answers a failure of the app in the framework's way; default: 500, and `onError` hears it. */
  readonly fail?: (error: unknown) => void;
}

const KNOWN = {
  maxBodyBytes: true,
  onError: true,
  clock: true,
} as const satisfies Names<NodeHandlerOptions>;

/** Checks an app, and the options of an adapter. Throws `InvalidOptionError`. */
export const servingOf = (
  adapter: string,
  app: Fetchable,
  options: NodeHandlerOptions = {},
): NodeServing => {
  refuseOtherNames(adapter, KNOWN, options);
  const { maxBodyBytes = LIMITS.requestBodyBytes, onError, clock } = options;
  refuseNoFunction('onError', onError);
  refuseNoClock(clock);
  return {
    app: checkedApp(app),
    mostBytes: checkedCount('maxBodyBytes', maxBodyBytes),
    onError: heard(adapter, onError),
    clock: clock ?? systemClock(),
  };
};

const answerText = (res: ServerResponse, status: number, text: string): void => {
  const body = `${text}\n`;
  res.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(body),
  });
  res.end(body);
};

/** The answer goes out first and ends last, because the end of it closes the connection. */
const refuseLongBody = async (
  req: NodeIncoming,
  res: ServerResponse,
  { mostBytes, clock }: NodeServing,
): Promise<void> => {
  const body = `The body is longer than ${mostBytes} bytes.\n`;
  res.writeHead(413, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  res.write(body);
  await runOut(req, clock);
  res.end();
};

/** The body of a request, and what of it is JSON already. */
type Body =
  | { readonly bytes: Uint8Array | string | null; readonly parsed?: unknown }
  | 'too-long'
  | 'gone';

const bodyOf = async (req: NodeIncoming, mostBytes: number, given: unknown): Promise<Body> => {
  const { method } = req;
  if (method === 'GET' || method === 'HEAD') {
    // It has no meaning. Unread it would stop the connection, and nobody would see its client leave.
    req.resume();
    return { bytes: null };
  }
  if (given !== undefined && req.readableDidRead) {
    // A parser of text or bytes has parsed nothing.
    const isRaw = typeof given === 'string' || given instanceof Uint8Array;
    return isRaw ? { bytes: given } : { bytes: null, parsed: given };
  }
  const collected = await collectBody(req, mostBytes);
  if (collected === 'taken') {
    throw new Error('The body of this request was read before, and not handed on as `body`.');
  }
  return typeof collected === 'string' ? collected : { bytes: collected };
};

/** Takes one request in and answers it. Never rejects; resolves once the answer is written, or is a stream that is open. */
export const exchange = async (
  serving: NodeServing,
  req: NodeIncoming,
  res: ServerResponse,
  given: Given,
): Promise<void> => {
  const client = new NodeClient(res);
  try {
    const body = await bodyOf(req, serving.mostBytes, given.body);
    if (body === 'gone' || client.hasLeft) return;
    if (body === 'too-long') return await refuseLongBody(req, res, serving);
    const request = webRequestOf(req, body.bytes);
    if (!(request instanceof NodeRequest)) return answerText(res, request.status, request.why);
    client.listener = request;
    const { authInfo } = given;
    const response = await serving.app.fetch(request, { authInfo, parsedBody: body.parsed });
    await sendResponse(response, res, client, request);
  } catch (error) {
    if (client.hasLeft) return;
    if (res.headersSent) {
      serving.onError(error);
      res.destroy();
    } else if (given.fail !== undefined) {
      given.fail(error);
    } else {
      serving.onError(error);
      answerText(res, 500, 'Internal server error.');
    }
  }
};
