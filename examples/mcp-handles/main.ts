// A shop for models: carts behind handles, for clients with sessions and without.
//
//   npm run handles                serves it on http://127.0.0.1:4100/mcp; Ctrl-C ends it
//   npm run handles -- 4200        on another port
//   npm run handles -- --check     serves it to clients of its own, over a restart, and prints what they are told
//
// shop.ts is the whole of it. A client says who it is with `Authorization: Bearer token-of-ada`.
import { check } from './check.ts';
import { serveShop } from './serve.ts';
import { createShop } from './shop.ts';

const asked = process.argv[2];
if (asked === '--check') {
  await check((line) => console.log(line));
} else {
  const shop = createShop();
  const serving = await serveShop(shop, Number(asked ?? 4100));
  console.log(`Serving MCP at ${serving.url}`);
  process.once('SIGINT', async () => {
    await serving.close();
    await shop.runtime.close();
  });
}
