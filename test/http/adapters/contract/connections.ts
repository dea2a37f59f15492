import { expect, test } from 'vitest';
import { writtenResponse } from '../../../../src/http/written-response.ts';
import { AppUnderTest, bodyOf, deferred, echo, KeptWriter } from '../app-under-test.ts';
import { type AdapterUnderTest, GET, serve, serveWritten } from './serve.ts';

/** Clients that stay, and clients that leave. */
export const connectionCases = (adapter: AdapterUnderTest): void => {
  test('a client that leaves before the answer aborts the request, and one that was answered does not', async () => {
    const held = deferred<Response>();
    const app = new AppUnderTest(() => new Response('ok'));
    const { url, errors, client } = await serve(adapter, app);
    await (await fetch(url)).text();
    const answered = app.seen[0]?.request.signal;
    app.answer = () => held.promise;
    const leaving = await client();
    leaving.send(...GET());
    await app.asked(2);
    const signal = app.seen[1]?.request.signal;
    const aborted = new Promise((resolve) => signal?.addEventListener('abort', resolve));
    expect(signal?.aborted).toBe(false);
    leaving.socket.destroy();
    await aborted;
    const writer = new KeptWriter('late');
    held.resolve(writtenResponse(writer));
    await writer.called('gone');
    expect(answered?.aborted).toBe(false);
    expect(errors).toEqual([]);
  });

  test('two requests on one connection, one after the other', async () => {
    const app = new AppUnderTest(echo);
    const client = await (await serve(adapter, app)).client();
    const post = (body: string): void =>
      client.send(
        'POST / HTTP/1.1',
        'host: localhost',
        'content-type: application/json',
        `content-length: ${body.length}`,
        '',
        body,
      );
    post('["one"]');
    await client.until('["one"]');
    post('["two"]');
    await client.until('["two"]');
    expect(app.seen).toHaveLength(2);
  });

  test('requests that are sent at once are answered in their order', async () => {
    const first = deferred<Response>();
    const app = new AppUnderTest(({ url }) =>
      url.endsWith('/1') ? first.promise : new Response('second'),
    );
    const client = await (await serve(adapter, app)).client();
    client.send(...GET('/1'));
    client.send(...GET('/2'));
    await app.asked(2);
    first.resolve(new Response('first'));
    expect(await client.until('second')).toMatch(/first[\s\S]*second/);
  });

  test('a client of HTTP/1.0 gets its stream, and the close is its end', async () => {
    const writer = new KeptWriter('data: 1\n\n');
    const { client } = await serveWritten(adapter, writer);
    const old = await client();
    old.send(...GET('/', '1.0'));
    await old.until('data: 1\n\n');
    writer.sink.write('data: 2\n\n');
    writer.sink.end();
    expect(await old.closed()).toMatch(/\r\n\r\ndata: 1\n\ndata: 2\n\n$/);
  });

  test('what the framework’s authentication found is handed on, and no header is taken for it', async () => {
    const app = new AppUnderTest(async (request, context) => {
      await bodyOf(request, context);
      return Response.json({ authInfo: context.authInfo ?? null });
    });
    const { url } = await serve(adapter, app);
    const headers = { authorization: 'Bearer forged' };
    expect(await (await fetch(url, { headers })).json()).toEqual({ authInfo: null });
  });
};
