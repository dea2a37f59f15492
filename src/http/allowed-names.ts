import { InvalidOptionError } from '../errors.ts';
import { HOST } from './host-header.ts';

/** Which names a server answers to, and which pages may ask it. */
export interface AllowedNamesOptions {
  /**
   * Host names a request may be sent to, without port, each written out: no wildcards; IPv6 as `[::1]`. Default: those of
   * the loopback interface.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Host names a browser's page may come from, over http or https and on any port, each written out; default: those of the
   * loopback interface. A whole origin (`https://page.example:8443`) stands for its host name: its scheme and port are not
   * looked at. `moz-extension://*` allows every origin of that scheme, because such ids differ from install to install; not
   * so for http and https.
   */
  readonly allowedOrigins?: readonly string[];
}

/** Why a request is refused, and the option that would have to list the name. */
export interface NotAllowed {
  readonly why: string;
  readonly option: 'allowedHosts' | 'allowedOrigins';
}

/**
 * Looks at a request's Host and Origin. `null`: it may come in. A request without Host is refused; one without Origin is no
 * browser's and comes in; an Origin that is none, and `null`, are refused.
 */
export type AllowedNames = (headers: Headers) => NotAllowed | null;

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

const ORIGIN = /^([a-z][a-z\d+.-]*):\/\/([^/?#]+)$/i;
const WHOLE_SCHEME = /^(?!https?:)[a-z][a-z\d+.-]*:\/\/\*$/;

/** One spelling of a name: lower case, no dot at its end, IPv6 in its shortest form. `null`: it is none. */
const nameOf = (host: string): string | null => {
  const name = HOST.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return null;
  if (!name.startsWith('[')) return name.endsWith('.') ? name.slice(0, -1) : name;
  const url = `http://${name}`;
  return URL.canParse(url) ? new URL(url).hostname : null;
};

/** What is listed as an origin of the web; anything else is to be a name. */
const WEB_ORIGIN = /^https?:\/\/([^/?#]+)$/i;

/** The name an entry of an option stands for. Throws `InvalidOptionError` for one that no request would ever match. */
const listedName = (option: NotAllowed['option'], given: unknown): string => {
  const isOrigin = option === 'allowedOrigins';
  const each = isOrigin ? 'host names or origins such as https://page.example' : HOST_NAMES;
  if (typeof given !== 'string') throw new InvalidOptionError(option, given, `an array of ${each}`);
  if (isOrigin && WHOLE_SCHEME.test(given)) return given;
  if (given.includes('*')) {
    const allowed = `${each}, each written out: a wildcard matches nothing`;
    throw new InvalidOptionError(option, given, allowed);
  }
  const host = isOrigin ? WEB_ORIGIN.exec(given)?.[1] : undefined;
  const bare = host === undefined && HOST.exec(given)?.[2] !== undefined ? '' : (host ?? given);
  const name = nameOf(bare);
  if (name === null) throw new InvalidOptionError(option, given, each);
  return name;
};

const HOST_NAMES = 'host names without scheme and port';

const listed = (option: NotAllowed['option'], names: unknown): Set<string> => {
  if (!Array.isArray(names)) throw new InvalidOptionError(option, names, 'an array of names');
  return new Set(names.map((given: unknown) => listedName(option, given)));
};

/**
 * The guard against DNS rebinding: a page that has its own name resolved to this machine is told by the name it asks for.
 * Throws `InvalidOptionError` for what no request would ever match: a name with a port, a wildcard, a host with a scheme.
 */
export const allowedNames = (options: AllowedNamesOptions): AllowedNames => {
  const hosts = listed('allowedHosts', options.allowedHosts ?? LOOPBACK);
  const origins = listed('allowedOrigins', options.allowedOrigins ?? LOOPBACK);

  const wrongHost = (host: string | null): string | null => {
    if (host === null || host === '') return 'Missing Host header';
    const name = nameOf(host);
    if (name === null) return `Invalid Host header: ${host}`;
    return hosts.has(name) ? null : `Invalid Host: ${name}`;
  };
  const wrongOrigin = (origin: string | null): string | null => {
    if (origin === null) return null;
    const [, scheme = '', host = ''] = ORIGIN.exec(origin) ?? [];
    const name = nameOf(host);
    if (name === null) return `Invalid Origin header: ${origin}`;
    const allowed = origins.has(name) || origins.has(`${scheme.toLowerCase()}://*`);
    return allowed ? null : `Invalid Origin: ${name}`;
  };
  return (headers) => {
    const host = wrongHost(headers.get('host'));
    if (host !== null) return { why: host, option: 'allowedHosts' };
    const origin = wrongOrigin(headers.get('origin'));
    return origin === null ? null : { why: origin, option: 'allowedOrigins' };
  };
};
