import type { IncomingMessage } from 'node:http';
import { HOST } from '../host-header.ts';

/** A request of node:http; Express keeps the whole path of a mounted handler in `originalUrl`. */
export type NodeIncoming = IncomingMessage & { readonly originalUrl?: string };

/** What cannot become a Web request, and the answer to it. */
export interface Unservable {
  readonly status: 400 | 405;
  readonly why: string;
}

/** The types of Node write these two down as fields, which nothing can override; they are an accessor and a method. */
const WebRequest = Request as new (
  url: string,
  init: RequestInit,
) => Omit<Request, 'signal' | 'clone'>;

/**
 * A Web request whose signal is made when somebody asks for it: one that is handed to `new Request` costs more than the
 * rest of the request, and few look at it. `new Request(request)` copies everything but that signal.
 */
export class NodeRequest extends WebRequest {
  #leaving: AbortController | null = null;
  #hasLeft = false;

  get signal(): AbortSignal {
    if (this.#leaving === null) {
      this.#leaving = new AbortController();
      if (this.#hasLeft) this.#leaving.abort();
    }
    return this.#leaving.signal;
  }

  clone(): Request {
    return new Request(Request.prototype.clone.call(this), { signal: this.signal });
  }

  /** The client has left: aborts the signal. */
  leave(): void {
    this.#hasLeft = true;
    this.#leaving?.abort();
  }
}

const targetOf = ({ originalUrl, url }: NodeIncoming): string => {
  const target = originalUrl ?? url ?? '/';
  if (target.startsWith('/')) return target;
  // A proxy's way to ask, `GET http://host/path`: its host is not looked at, the Host header is. And `OPTIONS *`.
  if (!URL.canParse(target)) return '/';
  const { pathname, search } = new URL(target);
  return pathname.startsWith('/') ? pathname + search : '/';
};

/** Its address, made of the Host header; `null` where that is malformed. A client of HTTP/1.0 may send none: `localhost`. */
const urlOf = (req: NodeIncoming): string | null => {
  const host = req.headers.host ?? 'localhost';
  if (!HOST.test(host)) return null;
  const scheme = 'encrypted' in req.socket ? 'https' : 'http';
  const url = `${scheme}://${host}${targetOf(req)}`;
  return URL.canParse(url) ? url : null;
};

/** As they came, duplicates included: `req.headers` would drop some. */
const headersOf = ({ rawHeaders }: NodeIncoming): [string, string][] => {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    pairs.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  }
  return pairs;
};

/** The Web request of a node:http request. It holds nothing of that one. */
export const webRequestOf = (
  req: NodeIncoming,
  body: Uint8Array | string | null,
): NodeRequest | Unservable => {
  const method = req.method ?? 'GET';
  if (/^(connect|trace|track)$/i.test(method)) return { status: 405, why: 'Method not allowed.' };
  const url = urlOf(req);
  if (url === null) return { status: 400, why: 'The Host header is malformed.' };
  try {
    return new NodeRequest(url, { method, headers: headersOf(req), body });
  } catch {
    // What node:http lets in and a Web request does not: a header's name or value.
    return { status: 400, why: 'The request is malformed.' };
  }
};
