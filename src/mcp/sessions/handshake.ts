import { LIMITS } from '../../limits.ts';
import type { Client } from '../../runtime/session.ts';
import { isObject, type JsonObject } from './json-rpc.ts';

/** What a client says of itself as it opens a session. */
export interface InitializeParams {
  /** The revision it asks for. */
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly clientInfo: JsonObject & { readonly name: string; readonly version: string };
}

/** Where the handshake is kept in `client.metadata`. */
const KEPT = 'mcp';

/** No revision has a longer name. A longer one is none, and every server answers it with its own newest. */
const VERSION_LENGTH = 64;

/**
 * The client as its session keeps it: what it says of itself, and in its metadata what else its `initialize` held, so
 * that the handshake can be repeated. Its name and version are cut, and what does not fit beside its capabilities is
 * left out (its title, its icons): the protocol sets no limit to these.
 */
export const clientOf = (params: InitializeParams): Client => {
  const { clientInfo, capabilities } = params;
  const protocolVersion = params.protocolVersion.slice(0, VERSION_LENGTH);
  const client = {
    name: clientInfo.name.slice(0, LIMITS.clientNameLength),
    version: clientInfo.version.slice(0, LIMITS.clientNameLength),
    capabilities,
  };
  const full = { ...client, metadata: { [KEPT]: { protocolVersion, clientInfo } } };
  const bytes = Buffer.byteLength(JSON.stringify(full));
  if (bytes <= LIMITS.metadataBytes) return full;
  return { ...client, metadata: { [KEPT]: { protocolVersion } } };
};

/** The parameters of the `initialize` that a session was opened with; `null`: no MCP client opened it. */
export const handshakeOf = (client: Client | null): InitializeParams | null => {
  const kept = client?.metadata?.[KEPT];
  if (client === null || !isObject(kept)) return null;
  const { protocolVersion, clientInfo } = kept;
  if (typeof protocolVersion !== 'string') return null;
  const { name, version, capabilities = {} } = client;
  return {
    protocolVersion,
    capabilities,
    clientInfo: { name, version, ...(isObject(clientInfo) ? clientInfo : {}) },
  };
};
