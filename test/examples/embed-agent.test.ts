import type { LifecycleEvent, Runtime, Session } from 'holdfast';
import { createVirtualClock } from 'holdfast/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createAgentRuntime } from '../../examples/embed-agent/agent.ts';
import { ask } from '../../examples/embed-agent/ask.ts';
import {
  type Model,
  scriptedModel,
  scriptedTools,
  type Tools,
} from '../../examples/embed-agent/model.ts';

// The example, against the built package, as its readers run it: on virtual time.

const QUESTION = 'What do 20 and 22 make?';
const TURN = [`user: ${QUESTION}`, 'tool: 42', 'assistant: That makes 42.'];
const QUIET_MS = 10_000;

/** The agent at work: how often its model was asked, and everything told. */
const agentAtWork = async (tools: Tools = scriptedTools) => {
  const clock = createVirtualClock();
  const asked: number[] = [];
  const model: Model = {
    next: (conversation, signal) => {
      asked.push(conversation.length);
      return scriptedModel.next(conversation, signal);
    },
  };
  const runtime = createAgentRuntime(model, tools, {
    clock,
    deadlines: { idleAfterMs: QUIET_MS, idleTimeoutMs: 60_000 },
  });
  onTestFinished(async () => void (await runtime.close()));
  const events: LifecycleEvent[] = [];
  runtime.subscribe((event) => events.push(event));
  const session = await runtime.create({ principal: 'ada', behaviour: 'agent' });
  return { clock, runtime, session, asked, events };
};

/** A tool that waits until the test answers or fails its calls, in order. */
const heldTool = () => {
  const calls: { answer(text: string): void; fail(): void; signal: AbortSignal }[] = [];
  const add = (_input: unknown, signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      calls.push({ answer: resolve, fail: () => reject(new Error('the tool broke')), signal });
    });
  return { calls, tools: { add } };
};

const conversation = async (session: Session): Promise<string[]> =>
  (await session.messages()).messages.map(({ role, content }) => `${role}: ${content}`);

const turnState = (session: Session): unknown => session.behaviour?.getSnapshot().value;

const expectNothingLeft = (runtime: Runtime): void => {
  expect(runtime.validateAll()).toEqual([]);
  expect(runtime.stats()).toMatchObject({ resident: 0, operations: { inFlight: 0 } });
};

test('a whole turn: asked, thought over, a tool called, answered', async () => {
  const { runtime, session, asked } = await agentAtWork();
  expect(turnState(session)).toBe('awaitingInput');
  await ask(session, QUESTION);
  expect(await conversation(session)).toEqual(TURN);
  expect(turnState(session)).toBe('awaitingInput');
  // Before the tool, and with its result.
  expect(asked).toEqual([1, 2]);
  const [, call] = (await session.messages()).messages;
  expect(call?.metadata).toEqual({ tool: 'add', input: [20, 22] });

  await ask(session, 'Thank you!');
  expect(await conversation(session)).toHaveLength(5);
  await session.terminate();
  expectNothingLeft(runtime);
});

test('a crash in the middle of a tool call: started again where it was, and finished', async () => {
  const { calls, tools } = heldTool();
  const { clock, runtime, session, asked, events } = await agentAtWork(tools);
  const answered = ask(session, QUESTION);
  await clock.settle();
  expect(turnState(session)).toBe('callingTool');

  calls[0]?.fail();
  await clock.settle();
  expect(session.behaviour).toMatchObject({ status: 'restarting', incarnation: 1 });
  expect(session.state).toBe('active');
  // The first wait is half a second at most.
  await clock.advance(500);
  expect(session.behaviour).toMatchObject({ status: 'running', incarnation: 2 });
  expect(turnState(session)).toBe('callingTool');

  calls[1]?.answer('42');
  await answered;
  expect(await conversation(session)).toEqual(TURN);
  // The answer that led to the tool was in the snapshot: the model was not asked for it again.
  expect(asked).toEqual([1, 2]);
  const failures = events.filter(({ type }) => type === 'session.behaviour-failed');
  expect(failures).toMatchObject([{ incarnation: 1, error: { message: 'the tool broke' } }]);
  await session.terminate();
  expectNothingLeft(runtime);
});

test('a turn that cannot be gone on with is begun anew: the question is in the conversation', async () => {
  let failures = 0;
  const add = (input: unknown, signal: AbortSignal): Promise<string> => {
    failures += 1;
    if (failures <= 3) throw new Error('the tool broke');
    return scriptedTools['add']?.(input, signal) ?? Promise.reject(new Error('no such tool'));
  };
  const { clock, session, asked } = await agentAtWork({ add });
  const answered = ask(session, QUESTION);
  await clock.advance(10_000);
  await answered;
  expect(session.behaviour).toMatchObject({ status: 'running', incarnation: 4 });
  expect(await conversation(session)).toEqual(TURN);
  // Twice from the snapshot; then from the beginning, so the model was asked once more.
  expect(asked).toEqual([1, 1, 2]);
});

test('a tool that fails every time ends its own session, and no other', async () => {
  const broken = async (): Promise<string> => {
    throw new Error('the tool broke');
  };
  const { clock, runtime, session } = await agentAtWork({ add: broken });
  const other = await runtime.create({ principal: 'grace', behaviour: 'agent' });
  const answered = expect(ask(session, QUESTION)).rejects.toThrow('The session ended: crashed.');
  await clock.advance(10_000);
  await answered;
  expect(await conversation(session)).toEqual([`user: ${QUESTION}`]);
  await ask(other, 'Hello!');
  expect(await conversation(other)).toHaveLength(2);
  await other.terminate();
  expectNothingLeft(runtime);
});

test('a model that takes its time keeps the session; a quiet session is idle, and wakes when asked', async () => {
  const { calls, tools } = heldTool();
  const { clock, session } = await agentAtWork(tools);
  const answered = ask(session, QUESTION);
  // Longer than any silence is let go on.
  await clock.advance(120_000);
  expect(session).toMatchObject({ state: 'active' });
  expect(session.operations()).toMatchObject([{ name: 'add', state: 'running' }]);
  calls[0]?.answer('42');
  await answered;

  await clock.advance(QUIET_MS + 250);
  expect(session.state).toBe('idle');
  await ask(session, 'Hello!');
  expect(session.state).toBe('active');
});

test('what the user says in the middle of a turn interrupts its step', async () => {
  const { calls, tools } = heldTool();
  const { clock, session } = await agentAtWork(tools);
  const first = ask(session, QUESTION);
  await clock.settle();
  const second = ask(session, 'Hello?');
  await Promise.all([first, second]);
  expect(calls[0]?.signal.aborted).toBe(true);
  calls[0]?.answer('too late');
  await clock.settle();
  expect(await conversation(session)).toEqual([
    `user: ${QUESTION}`,
    'user: Hello?',
    'assistant: Give me numbers, and I add them up.',
  ]);
});

test('a paused session finishes the step it is at, and goes on when it is resumed', async () => {
  const { calls, tools } = heldTool();
  const { clock, session, asked } = await agentAtWork(tools);
  const answered = ask(session, QUESTION);
  await clock.settle();
  await session.pause();
  calls[0]?.answer('42');
  await clock.advance(60_000);
  expect(asked).toEqual([1]);
  expect(session.behaviour).toMatchObject({ status: 'running', incarnation: 1 });
  await session.resume();
  await answered;
  expect(await conversation(session)).toEqual(TURN);
});

test('the end of a session aborts what its agent is at, and leaves nothing', async () => {
  const { calls, tools } = heldTool();
  const { clock, runtime, session, events } = await agentAtWork(tools);
  const answered = expect(ask(session, QUESTION)).rejects.toThrow('The session ended: client.');
  await clock.settle();
  expect(await session.terminate()).toBe('client');
  await answered;
  expect(calls[0]?.signal.aborted).toBe(true);
  expectNothingLeft(runtime);

  await runtime.close();
  expect(clock.pending).toBe(0);
  expect(events.filter(({ type }) => type === 'runtime.error')).toEqual([]);
});
