import type { McpServer, StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { type Names, refuseOtherNames } from '../../errors/known-names.ts';
import { InvalidOptionError } from '../../errors.ts';
import { refuseNoClock, refuseNoFunction, refuseWithout } from '../../http/option-kinds.ts';
import type { HandlesOptions, HandleToolConfig, RegisterHandlesOptions } from './handles.ts';
import type { RequestStateOptions } from './request-state.ts';

const HANDLES = {
  runtime: true,
  name: true,
  describe: true,
  principal: true,
  ttlMs: true,
  callTimeoutMs: true,
  input: true,
  data: true,
  onError: true,
  clock: true,
} as const satisfies Names<HandlesOptions>;

const REGISTER = { open: true, list: true, extend: true } as const satisfies Names<
  Required<RegisterHandlesOptions>
>;

const OPEN = { name: true, description: true } as const satisfies Names<
  NonNullable<RegisterHandlesOptions['open']>
>;

const TOOL = {
  title: true,
  description: true,
  inputSchema: true,
  outputSchema: true,
  annotations: true,
  icons: true,
  scopeChallenge: true,
  _meta: true,
} as const satisfies Names<HandleToolConfig<StandardSchemaWithJSON, StandardSchemaWithJSON>>;

const STATE = { key: true, ttlSeconds: true, principal: true } as const satisfies Names<
  Required<RequestStateOptions>
>;

/** Refuses what `createHandles` cannot work with, but for a name, a time or a schema. Throws `InvalidOptionError`. */
export const assertHandlesOptions = (given: unknown): void => {
  refuseOtherNames('createHandles', HANDLES, given);
  const { runtime, principal, data, onError, clock } = given as Readonly<Record<string, unknown>>;
  const aRuntime = 'a runtime, as createRuntime makes it';
  if (runtime === undefined) throw new InvalidOptionError('runtime', runtime, aRuntime);
  refuseWithout('runtime', runtime, ['as', 'subscribe'], aRuntime);
  for (const [option, value] of Object.entries({ principal, data, onError })) {
    refuseNoFunction(option, value);
  }
  refuseNoClock(clock);
};

/** The same for `register`. */
export const assertRegisterOptions = (given: unknown): void => {
  refuseOtherNames('register', REGISTER, given);
  const { open, list, extend } = given as Readonly<Record<string, unknown>>;
  for (const [option, value] of Object.entries({ list, extend })) {
    if (value !== undefined && typeof value !== 'boolean') {
      throw new InvalidOptionError(option, value, 'true, false or left out');
    }
  }
  if (open === undefined) return;
  refuseOtherNames('open of register', OPEN, open);
  for (const [option, value] of Object.entries(open as object)) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new InvalidOptionError(`open.${option}`, value, 'a text, or left out');
    }
  }
};

/** The same for `registerTool`. */
export const assertToolConfig = (tool: unknown, config: unknown, handler: unknown): void => {
  if (typeof tool !== 'string' || tool === '') {
    throw new InvalidOptionError('tool', tool, "the tool's name");
  }
  refuseOtherNames('registerTool', TOOL, config);
  if (typeof handler !== 'function') {
    throw new InvalidOptionError(`the handler of ${tool}`, handler, 'a function');
  }
};

/** The same for `createRequestState`. A key that is too short is the SDK's to refuse. */
export const assertStateOptions = (given: unknown): void => {
  refuseOtherNames('createRequestState', STATE, given);
  const { key, principal } = given as Readonly<Record<string, unknown>>;
  if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
    throw new InvalidOptionError(
      'key',
      key === undefined ? undefined : typeof key,
      'a text or a Uint8Array of at least 32 bytes, the same in every process',
    );
  }
  refuseNoFunction('principal', principal);
};

/** Refuses what tools cannot be registered on. Throws `InvalidOptionError`. */
export const assertServer = (server: McpServer | undefined): void => {
  const aServer = 'an McpServer of @modelcontextprotocol/server';
  if (server === undefined) throw new InvalidOptionError('server', server, aServer);
  refuseWithout('server', server, ['registerTool'], aServer);
};
