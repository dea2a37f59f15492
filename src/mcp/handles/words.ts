import type { CallToolResult } from '@modelcontextprotocol/server';
import {
  CapacityError,
  DrainingError,
  Fenced,
  ForbiddenError,
  HoldfastError,
  InvalidSessionIdError,
  OperationAbortedError,
  SessionBusyError,
  SessionNotFoundError,
  SessionPausedError,
  SessionTerminatedError,
  SessionUnreadableError,
  StoreError,
  TimeoutError,
} from '../../errors.ts';

/** What a refused call is told about: the kind of handle, and the tools by name. */
export interface Refused {
  /** The kind of handle: `cart`. */
  readonly name: string;
  readonly tool: string;
  /** The tool that makes a new one. */
  readonly openTool: string;
  /** Whether the work had begun: then it may be done in part. */
  readonly begun: boolean;
}

/** An answer the model reads as it is. */
export const toldAs = (text: string, structured?: Record<string, unknown>): CallToolResult => ({
  content: [{ type: 'text', text }],
  ...(structured === undefined ? {} : { structuredContent: structured }),
});

/** A tool error the model reads, and can act upon. */
export const refusal = (text: string): CallToolResult => ({ ...toldAs(text), isError: true });

/**
 * The one answer to a handle that is of no use to its caller, whatever the reason. It names nothing of what was asked, so it is the
 * same byte for byte.
 */
export const unknownHandle = ({
  name,
  openTool,
}: Omit<Refused, 'tool' | 'begun'>): CallToolResult =>
  refusal(
    `There is no ${name} of this id: it may have expired, or been closed. Call ${openTool} to get a new one.`,
  );

/**
 * What the model is told whose call has no handle, or something else than a text: that is seen before anything is looked up, and
 * so tells of no handle. `null` for a text, whichever.
 */
export const malformedCall = (
  handle: unknown,
  { name, openTool }: Omit<Refused, 'begun'>,
): CallToolResult | null => {
  if (typeof handle === 'string') return null;
  const wrong = handle === undefined ? 'is missing' : 'is not a text';
  return refusal(`The argument "${name}" ${wrong}. It is the id that ${openTool} gave you.`);
};

/** Which errors say, of work that has not begun, that there is no session to do it. */
const isGone = (error: unknown): boolean =>
  error instanceof SessionNotFoundError ||
  error instanceof InvalidSessionIdError ||
  error instanceof SessionTerminatedError;

/**
 * What the model is told instead of an error of the runtime, and whether to try again; `null` for one it is not to know about. Nothing
 * of the error's own text is in it.
 */
export const refusalOf = (error: unknown, refused: Refused): CallToolResult | null => {
  const { name, tool, openTool, begun } = refused;
  if (!begun && isGone(error)) return unknownHandle(refused);
  const partly = begun ? `${tool} may be done in part. ` : '';
  if (error instanceof SessionTerminatedError) {
    return refusal(
      `The ${name} ended during the call: ${tool} may be done in part. Call ${openTool} to get a new one.`,
    );
  }
  if (error instanceof CapacityError) {
    return error.limit === 'maxPerPrincipal'
      ? refusal(
          `You have as many sessions and handles together as you may: not only of kind "${name}". Close what you no longer need, then try again.`,
        )
      : refusal(`The server has no room at the moment. Try again later.`);
  }
  if (error instanceof DrainingError || error instanceof OperationAbortedError) {
    return refusal(`The server is going down. ${partly}Try again later.`);
  }
  if (error instanceof SessionPausedError) {
    return refusal(`The ${name} is set aside at the moment. Try again later, with the same id.`);
  }
  if (error instanceof SessionBusyError) {
    return refusal(`The ${name} has as much to do as it may. Try again later, with the same id.`);
  }
  if (error instanceof TimeoutError) {
    return refusal(`${tool} took too long, and was given up. ${partly}Try again later.`);
  }
  if (error instanceof SessionUnreadableError) {
    return refusal(`The ${name} cannot be read at the moment. Trying again does not help for now.`);
  }
  if (error instanceof StoreError || error instanceof Fenced) {
    const again = error instanceof StoreError && !error.retryable;
    const then = again ? 'Trying again does not help for now.' : 'Try again later.';
    return refusal(`The server cannot reach what it keeps at the moment. ${partly}${then}`);
  }
  if (error instanceof ForbiddenError) {
    return refusal(`Only a caller who is known may call ${tool}: nothing tells which are yours.`);
  }
  return null;
};

/** What the model is told of what went wrong inside. */
export const failure = (error: unknown, { tool, begun }: Refused): CallToolResult => {
  const again = error instanceof HoldfastError && error.retryable;
  const partly = begun ? ' It may be done in part.' : '';
  const then = again ? 'Try again later.' : 'Trying again is unlikely to help.';
  return refusal(`${tool} failed on the server.${partly} ${then}`);
};
