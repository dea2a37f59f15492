/**
 * Does something in this turn of the loop, but after all that came in with it: messages, sockets, timers. So what it asks
 * for is answered in a later turn, and others are heard before that. For answers of a thread: a port hands out one message
 * after another without an end, as long as each makes the other side send the next. Holds the process open until then.
 */
export const afterIo = (work: () => void): void => void setImmediate(work);
