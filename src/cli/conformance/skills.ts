import { memorySkillFiles, SkillsExtension } from '@modelcontextprotocol/server/ext/skills';

const GREET = `---
name: greet
description: Greets somebody by name. Use it when the user asks for a greeting.
---

# Greet

Say hello, as in [the examples](references/examples.md).
`;

/** One skill in two files; read once, and shared by every server. */
export const skills = await SkillsExtension.load(
  memorySkillFiles({
    'greet/SKILL.md': GREET,
    'greet/references/examples.md': '- Hello, Ada!\n- Good morning, Grace.\n',
  }),
);
