/**
 * What a Host header may be, and the host of an Origin: a name, or an IPv6 address in brackets (group 1), then maybe a port
 * (group 2, with its colon). Nothing that would name another host, or a user, to somebody who reads it as part of a URL.
 */
export const HOST = /^(\[[\da-f:.]+\]|[^\s/?#@:\\%[\]]+)(:\d{0,5})?$/i;
