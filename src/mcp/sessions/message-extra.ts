import type { Post } from './post.ts';
import type { MessageExtra, RequestInfo } from './transport.ts';

/** What SDK 1.x tells handlers of the HTTP request. Few of them ask, so it is read when one does. */
class LazyRequestInfo implements RequestInfo {
  readonly #request: Request;

  constructor(request: Request) {
    this.#request = request;
  }

  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#request.headers.entries());
  }

  get url(): URL {
    return new URL(this.#request.url);
  }
}

/** What comes with the messages of a request that are no requests themselves. */
export const extraOf = (request: Request, authInfo: unknown): MessageExtra => ({
  request,
  requestInfo: new LazyRequestInfo(request),
  authInfo,
});

/** The same for a request whose client can come again for the rest of its answers, where their connection is closed. */
export const resumableExtra = (
  extra: MessageExtra,
  post: Post,
  closeStandalone: () => void,
): MessageExtra => ({
  request: extra.request,
  requestInfo: extra.requestInfo,
  authInfo: extra.authInfo,
  closeSSEStream: () => post.cut(),
  closeStandaloneSSEStream: closeStandalone,
});
