import { expect, test } from 'vitest';
import { AppUnderTest, echo, KeptWriter } from '../app-under-test.ts';
import { type AdapterUnderTest, GET, serve, serveWritten } from './serve.ts';

/** How answers reach the client. */
export const answerCases = (adapter: AdapterUnderTest): void => {
  test('status, headers and body arrive as they were answered', async () => {
    const headers = new Headers({ 'content-type': 'application/json', 'x-own': 'a' });
    headers.append('set-cookie', 'a=1; Path=/');
    headers.append('set-cookie', 'b=2');
    const app = new AppUnderTest(() => new Response('{"a":"ü"}', { status: 202, headers }));
    const { url } = await serve(adapter, app);
    const response = await fetch(url, { method: 'POST' });
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('x-own')).toBe('a');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(response.headers.get('content-length')).toBe('10');
    expect(await response.text()).toBe('{"a":"ü"}');
  });

  test.each([202, 204, 304, 404])('%i without a body is whole', async (status) => {
    const app = new AppUnderTest(() => new Response(null, { status }));
    const client = await (await serve(adapter, app)).client();
    client.send(...GET());
    client.send(...GET());
    await client.until(new RegExp(`HTTP/1.1 ${status} .*HTTP/1.1 ${status} .*\r\n\r\n`, 's'));
  });

  test('an app that fails: 500, without the reason', async () => {
    const boom = new Error('no such database');
    const app = new AppUnderTest(() => Promise.reject(boom));
    const { url, errors } = await serve(adapter, app);
    const response = await fetch(url);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('database');
    expect(errors).toEqual(adapter.tellsFailures ? [boom] : []);
    app.answer = echo;
    expect((await fetch(url)).status).toBe(200);
  });

  test('HEAD gets the head, and whoever would write the body is told', async () => {
    const writer = new KeptWriter('never');
    const { app, client } = await serveWritten(adapter, writer);
    const asking = await client();
    asking.send('HEAD / HTTP/1.1', 'host: localhost', '', '');
    await asking.until('\r\n\r\n');
    await writer.called('gone');
    expect(writer.calls).toEqual(['gone']);
    app.answer = () => new Response('the end', { headers: { 'x-own': '2' } });
    asking.send('HEAD / HTTP/1.1', 'host: localhost', '', '');
    await asking.until('x-own: 2');
    asking.send(...GET());
    expect(await asking.until('the end')).not.toMatch(/never|the end[\s\S]*the end/);
  });
};
