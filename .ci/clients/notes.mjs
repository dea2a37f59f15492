// The notes a client keeps on the server, and what it keeps them in.

/** In the session of its protocol. */
const inSession = (ask) => ({
  handle: null,
  begin: async () => ({}),
  add: (text) => ask('note_add', { text }),
  list: () => ask('note_list', {}),
  finish: async () => ({}),
});

/** Behind a handle, which every call carries. */
const behindHandle = (ask) => {
  const notes = {
    handle: null,
    begin: async () => {
      const answer = await ask('notebook_open', {});
      notes.handle = /ses_[\w-]+/.exec(answer.said ?? '')?.[0] ?? null;
      return answer;
    },
    add: (text) => ask('note_add', { notebook: notes.handle, text }),
    list: () => ask('note_list', { notebook: notes.handle }),
    finish: () => ask('notebook_close', { notebook: notes.handle }),
  };
  return notes;
};

/** What is kept before and after the client was quiet. */
export const NOTES = { before: 'before the rest', after: 'after the rest' };

/** `ask(tool, input)` answers `{ said }` or `{ error }`, and so do these. `handle` is `null` where there is none. */
export const notesOf = (keeps, ask) => (keeps === 'session' ? inSession(ask) : behindHandle(ask));
