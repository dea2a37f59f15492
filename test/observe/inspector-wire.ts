import { once } from 'node:events';
import type { WebSocket } from 'ws';

/** A message as @statelyai/inspect 0.7 writes it, in the parts looked at here. */
export interface WireMessage {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  /** Of the actor, and XState's: not the id of a session. */
  readonly sessionId: string;
  readonly name?: string;
  readonly parentId?: string;
  readonly rootId?: string;
  /** The chart, as JSON. */
  readonly definition?: string;
  readonly event?: { readonly type: string };
  readonly snapshot?: {
    readonly status: string;
    readonly value: string;
    readonly context: Readonly<Record<string, unknown>>;
    readonly output?: unknown;
  };
}

/** One end of an inspector's socket, read. */
export interface Wire {
  readonly messages: readonly WireMessage[];
  /** Resolves once the messages so far satisfy this. */
  until(reached: () => boolean): Promise<void>;
  /** The message that told of the actor of that name; fails where there is none. */
  actor(name: string): WireMessage;
  /** The snapshots of the actor of that name, in the order they came. */
  snapshots(name: string): NonNullable<WireMessage['snapshot']>[];
  /** The states of that actor one after another, each once as long as it lasts. */
  states(name: string): string[];
}

/** Reads what comes over a socket from now on. */
export const readWire = (socket: WebSocket): Wire => {
  const messages: WireMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const actor = (name: string): WireMessage => {
    const found = messages.find((it) => it.type === '@xstate.actor' && it.name === name);
    if (found === undefined) throw new Error(`no actor ${name} on the wire`);
    return found;
  };
  const snapshots: Wire['snapshots'] = (name) => {
    const { sessionId } = actor(name);
    return messages.flatMap((it) =>
      it.type === '@xstate.snapshot' && it.sessionId === sessionId && it.snapshot !== undefined
        ? [it.snapshot]
        : [],
    );
  };
  return {
    messages,
    until: async (reached) => {
      while (!reached()) await once(socket, 'message');
    },
    actor,
    snapshots,
    states: (name) => {
      const values = snapshots(name).map(({ value }) => value);
      return values.filter((value, index) => value !== values[index - 1]);
    },
  };
};
