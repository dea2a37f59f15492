import { once } from 'node:events';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import { addressIn, holdfast, temporaryFolder } from '../cli/holdfast-process.ts';
import { Chance } from '../simulation/chance.ts';

/** How often the server is killed. */
const ROUNDS = 20;
/** With the one in flight, no more than the 100 that a session holds. */
const MOST_PER_ROUND = 4;
const SEED = 1;

const elapsed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A server over that folder, which a client finds at the same address however often it is started. */
const serve = async (folder: string, port: string) => {
  const server = holdfast(['serve', '--port', port], { HOLDFAST_DATA: folder });
  const url = addressIn(await server.line(/listens on/));
  return { child: server.child, url, port: new URL(url).port };
};

test(`a client's notes survive ${ROUNDS} times kill -9 of its server: every one it was told of, in order`, {
  timeout: 180_000,
}, async () => {
  const chance = new Chance(`notes ${SEED}`);
  const folder = temporaryFolder();
  let server = await serve(folder, '0');
  const client = new Client({ name: 'tester', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(server.url));
  await client.connect(transport);
  onTestFinished(() => client.close());
  const { sessionId } = transport;

  const asked: string[] = [];
  const acknowledged: string[] = [];
  const add = async (): Promise<void> => {
    const text = `note ${asked.length}`;
    asked.push(text);
    const { isError } = await client.callTool({ name: 'note_add', arguments: { text } });
    if (!isError) acknowledged.push(text);
  };
  const listed = async (): Promise<readonly string[]> => {
    const { content } = await client.callTool({ name: 'note_list', arguments: {} });
    const [first] = content;
    const text = first?.type === 'text' ? first.text : '';
    return text.split('\n').map((line) => line.replace(/^\d+\. /, ''));
  };

  for (let round = 1; round <= ROUNDS; round += 1) {
    const alone = chance.below(MOST_PER_ROUND);
    for (let n = 0; n < alone; n += 1) await add();
    // One is under way when it is killed: it may be there or not.
    add().catch(() => undefined);
    await elapsed(chance.between(0, 25));
    server.child.kill('SIGKILL');
    await once(server.child, 'close');
    server = await serve(folder, server.port);

    const there = await listed();
    const where = `round ${round} of seed ${SEED}`;
    expect(there, where).toEqual(expect.arrayContaining(acknowledged));
    // Nothing else, nothing twice, and in the order in which they were asked for.
    const inOrder = asked.filter((text) => there.includes(text));
    expect(there, where).toEqual(inOrder);
    expect(transport.sessionId).toBe(sessionId);
  }
  expect(acknowledged.length).toBeGreaterThan(ROUNDS);
});
