import type { IncomingMessage, ServerResponse } from 'node:http';

const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

type Head = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/**
 * Whether a request can become a Web-standard one. Node lets in what that refuses (TRACE, a Host that is no
 * host): it is refused here, or any client could make the adapter fail.
 */
export const canServe = ({ method, url, headers }: Head): boolean => {
  if (!VERBS.includes(method ?? '')) return false;
  const where = `http://${headers.host ?? 'localhost'}${url ?? '/'}`;
  if (!URL.canParse(where)) return false;
  const { username, password } = new URL(where);
  return username === '' && password === '';
};

/** Answers such a request: 405 for the verb, 400 for the rest. */
export const refuseToServe = ({ method }: Head, response: ServerResponse): void => {
  const [status, allow] = VERBS.includes(method ?? '')
    ? [400, {}]
    : [405, { allow: 'GET, POST, DELETE' }];
  response.writeHead(status, { ...allow, 'content-type': 'text/plain' });
  response.end(status === 400 ? 'The Host header is malformed.\n' : 'Method not allowed.\n');
};
