// One client in a process of its own: does what its parent asks, over IPC. Its driver is drivers/<name>.mjs.
//   node drive.mjs <driver> <options as JSON>
const [, , name, options] = process.argv;
const { open } = await import(`./drivers/${name}.mjs`);

let client = null;

/** What was asked for; each answers with a text, or throws. */
const ASKED = {
  open: async ({ url }) => {
    client = await open(url, JSON.parse(options));
    return client.peer ?? '';
  },
  call: ({ tool, input }) => client.call(tool, input),
  close: async () => {
    await client.close();
    return '';
  },
};

process.on('unhandledRejection', (error) => process.send({ loose: String(error) }));
process.on('message', async ({ n, ask, ...rest }) => {
  try {
    process.send({ n, said: await ASKED[ask](rest) });
  } catch (error) {
    process.send({ n, error: error instanceof Error ? error.message : String(error) });
  }
});
process.send({ ready: true });
