import type { Session } from 'holdfast';

/**
 * Says something to the agent of a session. Resolves once the reply is in the conversation; rejects when nothing can be
 * said, or the session ends before the reply.
 */
export const ask = async (session: Session, text: string): Promise<void> => {
  let unsubscribe = (): void => {};
  const replied = new Promise<void>((resolve, reject) => {
    unsubscribe = session.subscribe((event) => {
      if (event.type === 'session.emitted') resolve();
      if (event.type === 'session.ended') reject(new Error(`The session ended: ${event.reason}.`));
    });
  });
  const say = async (): Promise<void> => {
    await session.append({ role: 'user', content: text });
    await session.send({ type: 'user.said' });
  };
  try {
    await Promise.all([say(), replied]);
  } finally {
    unsubscribe();
  }
};
