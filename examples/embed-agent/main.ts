// A conversation with an agent that is embedded in this program.
//
//   npm run agent
//
// agent.ts is the whole of it: the turn as a chart, and a runtime to run it in. For an agent of your own, put your
// provider behind `Model` (model.ts).
import { createAgentRuntime } from './agent.ts';
import { ask } from './ask.ts';
import { scriptedModel, scriptedTools } from './model.ts';

// Holdfast never holds a program open, not even for a restart. One with a server needs no such line.
const open = setInterval(() => {}, 60_000);

const runtime = createAgentRuntime(scriptedModel, scriptedTools);
const session = await runtime.create({ principal: 'ada', behaviour: 'agent' });

await ask(session, 'Hello!');
await ask(session, 'What do 20 and 22 make?');

const { messages } = await session.messages();
for (const { role, content } of messages) console.log(`${role}: ${content}`);

console.log(`The session is ${session.state}.`);
console.log(`It ends: ${await session.terminate()}.`);
await runtime.close();
clearInterval(open);
