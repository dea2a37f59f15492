import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Who has to hear that a client left. */
export interface Leaver {
  leave(): void;
}

/**
 * The client of one exchange. It tells that the client left before the answer was whole, to one listener: the request as
 * long as there is no answer, then whoever writes the answer. So there is one listener on node's side however that goes,
 * and nothing holds the request once an open stream has taken its place.
 */
export class NodeClient {
  #hasLeft = false;
  #listener: Leaver | null = null;

  constructor(res: ServerResponse) {
    follow(this, res);
  }

  /** Whether it left before its answer was whole. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Who hears it from now on, instead of the one before; at once where it has left already. */
  set listener(listener: Leaver) {
    if (this.#hasLeft) listener.leave();
    else this.#listener = listener;
  }

  /** For node's events. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    const listener = this.#listener;
    this.#listener = null;
    listener?.leave();
  }
}

// A function of its own, so that the listener holds these two and nothing of a request.
const follow = (client: NodeClient, res: ServerResponse): void => {
  const leave = (): void => {
    if (!res.writableEnded) client.leave();
  };
  res.on('close', leave);
  // Behind another request on its connection: until its turn comes, node does not tell it that the connection is gone.
  if (res.socket === null) followQueued(res.req.socket, res, leave);
};

const queued = new WeakMap<Socket, Set<() => void>>();

const followQueued = (socket: Socket, res: ServerResponse, leave: () => void): void => {
  let waiting = queued.get(socket);
  if (waiting === undefined) {
    waiting = new Set();
    queued.set(socket, waiting);
    const all = waiting;
    socket.once('close', () => {
      for (const one of all) one();
    });
  }
  const own = waiting;
  own.add(leave);
  res.once('close', () => own.delete(leave));
};
