import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Started } from './contract/serve.ts';

/** Has a server listen on a free port of this machine; closing cuts its connections. */
export const listening = async (server: Server): Promise<Started> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
