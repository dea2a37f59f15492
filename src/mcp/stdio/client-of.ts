import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type JSONRPCMessage,
} from '@modelcontextprotocol/server';
import { LIMITS } from '../../limits.ts';
import type { Client } from '../../runtime/session.ts';
import { isObject } from '../sessions/json-rpc.ts';

const field = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : null);

/** What a client says of itself in the first thing it says, in either era; `null`: nothing. */
export const clientOf = (opening: JSONRPCMessage): Client | null => {
  const params = 'params' in opening ? opening.params : null;
  const meta = field(params, '_meta');
  // Later requests of the 2025 revisions name nobody, and those of 2026-07-28 do each time.
  const info = field(params, 'clientInfo') ?? field(meta, CLIENT_INFO_META_KEY);
  const capabilities = field(params, 'capabilities') ?? field(meta, CLIENT_CAPABILITIES_META_KEY);
  const { name, version } = isObject(info) ? info : {};
  if (typeof name !== 'string' || typeof version !== 'string') return null;
  const client = {
    name: name.slice(0, LIMITS.clientNameLength),
    version: version.slice(0, LIMITS.clientNameLength),
  };
  if (!isObject(capabilities)) return client;
  const bytes = Buffer.byteLength(JSON.stringify(capabilities));
  // The protocol sets no limit to them, and nothing here needs them.
  return bytes > LIMITS.metadataBytes / 2 ? client : { ...client, capabilities };
};
