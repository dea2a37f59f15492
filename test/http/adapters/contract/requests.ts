import { expect, test } from 'vitest';
import { AppUnderTest, echo } from '../app-under-test.ts';
import { type AdapterUnderTest, JSON_TYPE, MOST_BYTES, serve, settled } from './serve.ts';

/** How requests reach the app. */
export const requestCases = (adapter: AdapterUnderTest): void => {
  test('method, address, headers and body arrive as they were sent', async () => {
    const app = new AppUnderTest(echo);
    const { url, port } = await serve(adapter, app);
    const body = JSON.stringify({ text: 'grüß dich', list: [1, null] });
    const response = await fetch(`${url}/a/b%20c?d=e&d=f`, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'x-own': 'ä' },
      body,
    });
    expect(await response.text()).toBe(body);
    const request = app.seen[0]?.request;
    expect(request).toBeInstanceOf(Request);
    expect(request?.method).toBe('POST');
    expect(request?.url).toBe(`http://127.0.0.1:${port}/a/b%20c?d=e&d=f`);
    expect(request?.headers.get('x-own')).toBe('ä');
    expect(request?.headers.get('host')).toBe(`127.0.0.1:${port}`);
  });

  test('a header that comes twice is there twice', async () => {
    const app = new AppUnderTest(() => new Response('ok'));
    const client = await (await serve(adapter, app)).client();
    client.send('GET / HTTP/1.1', 'host: localhost', 'x-a: 1', 'X-A: 2', '', '');
    await client.until('ok');
    expect(app.seen[0]?.request.headers.get('x-a')).toBe('1, 2');
  });

  test('a request without a body has none', async () => {
    const app = new AppUnderTest(echo);
    const { url } = await serve(adapter, app);
    for (const method of ['GET', 'DELETE']) {
      expect(await (await fetch(url, { method })).text()).toBe('');
    }
    expect(app.seen.map(({ request }) => request.method)).toEqual(['GET', 'DELETE']);
  });

  test('a body of unknown length arrives whole', async () => {
    const app = new AppUnderTest(echo);
    const { url } = await serve(adapter, app);
    const chunks = ['["', 'a'.repeat(40_000), '", "', 'b'.repeat(40_000), '"]'];
    const body = new ReadableStream({
      async pull(controller) {
        const chunk = chunks.shift();
        if (chunk === undefined) return controller.close();
        await settled();
        controller.enqueue(new TextEncoder().encode(chunk));
      },
    });
    const response = await fetch(url, { method: 'POST', headers: JSON_TYPE, body, duplex: 'half' });
    expect(JSON.parse(await response.text())).toEqual(['a'.repeat(40_000), 'b'.repeat(40_000)]);
  });
};

/** What an adapter answers for that reads the body itself. */
export const collectedBodyCases = (adapter: AdapterUnderTest): void => {
  test('a body that is too long is answered with 413', async () => {
    const app = new AppUnderTest(echo);
    const { url, errors } = await serve(adapter, app);
    const body = JSON.stringify(['x'.repeat(MOST_BYTES)]);
    const refused = await fetch(url, { method: 'POST', headers: JSON_TYPE, body });
    expect(refused.status).toBe(413);
    expect(await refused.text()).not.toBe('');
    const just = JSON.stringify(['x'.repeat(MOST_BYTES - 4)]);
    const served = await fetch(url, { method: 'POST', headers: JSON_TYPE, body: just });
    expect(await served.text()).toBe(just);
    expect(app.seen).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  test('a client that leaves in mid-body: nothing happens', async () => {
    const app = new AppUnderTest(echo);
    const { url, errors, client } = await serve(adapter, app);
    const leaving = await client();
    leaving.send(
      'POST / HTTP/1.1',
      'host: localhost',
      'content-type: application/json',
      'content-length: 9',
      '',
      '[',
    );
    expect((await fetch(url)).status).toBe(200);
    leaving.socket.destroy();
    expect((await fetch(url)).status).toBe(200);
    expect(app.seen.map(({ request }) => request.method)).toEqual(['GET', 'GET']);
    expect(errors).toEqual([]);
  });
};
