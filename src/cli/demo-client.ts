import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/*
 * A client of the demo, in a process of its own so that it can be killed: it opens a session, leaves a note,
 * says so, and stays. Its open stream is what keeps the process.
 */
const [url, name] = process.argv.slice(2);
if (url === undefined || name === undefined) throw new Error('The demo gives a url and a name.');
const client = new Client({ name, version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
await client.callTool({ name: 'note_add', arguments: { text: `${name} was here` } });
process.stdout.write('ready\n');
