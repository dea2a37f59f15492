import { InvalidOptionError } from '../errors.ts';

/*
 * Who calls, told once by the endpoint that knows it, for whoever has to know it later and is handed only a server or a
 * request: handles, and request states. Weak: nothing is kept here.
 */

/** Whom an endpoint made a server for: it serves nobody else. */
const SERVERS = new WeakMap<object, string | null>();

/** Who sent a request. */
const REQUESTS = new WeakMap<object, string | null>();

const note = (
  known: WeakMap<object, string | null>,
  one: object,
  principal: string | null,
  otherwise: () => InvalidOptionError,
): void => {
  const before = known.get(one);
  if (before !== undefined && before !== principal) throw otherwise();
  known.set(one, principal);
};

/**
 * Notes for whom an endpoint made this server, so that its tools need not be told. Throws `InvalidOptionError` where it was
 * made for somebody else before: a factory must not hand one server to two callers.
 */
export const boundTo = <S extends object>(server: S, principal: string | null): S => {
  note(
    SERVERS,
    server,
    principal,
    () => new InvalidOptionError('server', server, 'a factory that makes a new server each time'),
  );
  return server;
};

/**
 * Notes who sent this request, as the endpoint that lets it in knows it. Throws `InvalidOptionError` where another endpoint
 * has let it in as somebody else's: it may still be answering it.
 */
export const sentBy = (request: Request, principal: string | null): void =>
  note(
    REQUESTS,
    request,
    principal,
    () =>
      new InvalidOptionError('request', 'the request of somebody else', 'a new Request each time'),
  );

/** Whom an endpoint made this server for; `undefined`: none did. */
export const callerOfServer = (server: object): string | null | undefined => SERVERS.get(server);

/** Who sent this request; `undefined`: no endpoint has let it in. */
export const callerOfRequest = (request: object): string | null | undefined =>
  REQUESTS.get(request);
