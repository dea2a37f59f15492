import { describe, expect, test } from 'vitest';
import { withoutSessions, withSessions } from './clients.ts';

const TOOLS = [
  'json_schema_2020_12_tool',
  'test_audio_content',
  'test_custom_header',
  'test_elicitation',
  'test_elicitation_sep1034_defaults',
  'test_elicitation_sep1330_enums',
  'test_embedded_resource',
  'test_error_handling',
  'test_image_content',
  'test_input_required_result_capabilities',
  'test_input_required_result_elicitation',
  'test_input_required_result_list_roots',
  'test_input_required_result_multi_round',
  'test_input_required_result_multiple_inputs',
  'test_input_required_result_request_state',
  'test_input_required_result_sampling',
  'test_input_required_result_tampered_state',
  'test_logging_tool',
  'test_missing_capability',
  'test_multiple_content_types',
  'test_reconnection',
  'test_sampling',
  'test_simple_text',
  'test_streaming_elicitation',
  'test_tool_with_logging',
  'test_tool_with_progress',
  'test_trigger_prompt_change',
  'test_trigger_tool_change',
];

const ERAS = [
  ['with sessions', withSessions],
  ['without sessions', withoutSessions],
] as const;

describe.each(ERAS)('%s', (_, connect) => {
  test('it offers the tools, prompts and resources the suite asks for', async () => {
    const { client } = await connect();
    const [{ tools }, { prompts }, { resources }, { resourceTemplates }] = await Promise.all([
      client.listTools(),
      client.listPrompts(),
      client.listResources(),
      client.listResourceTemplates(),
    ]);
    expect(tools.map(({ name }) => name).sort()).toEqual(TOOLS);
    expect(prompts.map(({ name }) => name).sort()).toEqual([
      'test_input_required_result_prompt',
      'test_prompt_with_arguments',
      'test_prompt_with_embedded_resource',
      'test_prompt_with_image',
      'test_simple_prompt',
    ]);
    expect(resources.map(({ uri }) => uri).filter((uri) => uri.startsWith('test:'))).toEqual([
      'test://static-text',
      'test://watched-resource',
      'test://static-binary',
    ]);
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain(
      'test://template/{id}/data',
    );
  });

  test('a tool says what each kind of content is', async () => {
    const { call } = await connect();
    expect(await call('test_simple_text')).toMatch(/^This is a simple text/);
    expect(await call('test_multiple_content_types')).toBe(
      'Multiple content types test:,image,resource',
    );
    expect(await call('test_audio_content')).toBe('audio');
  });

  test.each([
    ['test_elicitation', { message: 'Who are you?' }, /action=accept.*ada@example\.org/],
    ['test_sampling', { prompt: 'Capital?' }, /^LLM response: Paris$/],
    ['test_input_required_result_elicitation', {}, /^Hello, Ada!$/],
    ['test_input_required_result_sampling', {}, /^Paris$/],
    ['test_input_required_result_list_roots', {}, /file:\/\/\/home\/ada/],
    ['test_input_required_result_request_state', {}, /^state-ok$/],
    ['test_input_required_result_multiple_inputs', {}, /^Paris, Ada! Roots: file:/],
    ['test_input_required_result_multi_round', {}, /^Ada likes green\.$/],
    ['test_input_required_result_capabilities', {}, /^Answered: elicited, sampled\.$/],
  ])('%s asks the client, and answers with what it said', async (name, input, answer) => {
    const { call } = await connect();
    expect(await call(name, input)).toMatch(answer);
  });

  test('a client is not asked for what it cannot give', async () => {
    const { call } = await connect({});
    expect(await call('test_input_required_result_capabilities')).toBe(
      'This client can be asked nothing.',
    );
  });

  test('a prompt is made from its arguments, which complete', async () => {
    const { client } = await connect();
    const name = 'test_prompt_with_arguments';
    const prompt = await client.getPrompt({ name, arguments: { arg1: 'hello', arg2: 'world' } });
    expect(JSON.stringify(prompt.messages)).toContain("arg1='hello', arg2='world'");
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name },
      argument: { name: 'arg1', value: 'par' },
    });
    expect(completion.values).toEqual(['paris', 'park', 'party']);
  });

  test('a resource is read by its address, made from a template too', async () => {
    const { client } = await connect();
    const read = async (uri: string) => (await client.readResource({ uri })).contents;
    expect(await read('test://static-text')).toMatchObject([{ mimeType: 'text/plain' }]);
    expect(await read('test://template/7/data')).toMatchObject([
      { text: '{"id":"7","templateTest":true,"data":"Data for ID: 7"}' },
    ]);
    await expect(read('test://nothing')).rejects.toMatchObject({ code: -32602 });
  });

  test('a tool tells its progress, a step at a time', async () => {
    const { client, clock } = await connect();
    const told: number[] = [];
    const called = client.callTool(
      { name: 'test_tool_with_progress', arguments: {} },
      { onprogress: ({ progress }) => told.push(progress) },
    );
    while (clock.pending === 0) await clock.settle();
    expect(told).not.toContain(50);
    await clock.advance(50);
    while (clock.pending === 0) await clock.settle();
    await clock.advance(50);
    await called;
    expect(told).toEqual([0, 50, 100]);
  });

  test('who listens hears that a list changed', async () => {
    const { client, call } = await connect();
    let prompts = 0;
    client.setNotificationHandler('notifications/prompts/list_changed', () => {
      prompts += 1;
    });
    const toolsChanged = new Promise<void>((resolve) => {
      client.setNotificationHandler('notifications/tools/list_changed', () => resolve());
    });
    if (connect === withoutSessions) await client.listen({ toolsListChanged: true });
    await call('test_trigger_prompt_change');
    await call('test_trigger_tool_change');
    await toolsChanged;
    // Without sessions a client says what it wants to hear.
    expect(prompts).toBe(connect === withSessions ? 1 : 0);
  });
});

test('with sessions, a client says from which level it wants logs', async () => {
  const { client, call } = await withSessions();
  const logged: unknown[] = [];
  client.setNotificationHandler('notifications/message', ({ params }) => {
    logged.push(params.data);
  });
  await client.setLoggingLevel('error');
  await call('test_logging_tool');
  expect(logged).toEqual([]);
  await client.setLoggingLevel('info');
  await call('test_logging_tool');
  expect(logged).toEqual(['Running.']);
});

test('without sessions, only a request that asks for logs gets them', async () => {
  const { client, call } = await withoutSessions();
  const logged: unknown[] = [];
  client.setNotificationHandler('notifications/message', ({ params }) => {
    logged.push(params.data);
  });
  await call('test_logging_tool');
  expect(logged).toEqual([]);
  const _meta = { 'io.modelcontextprotocol/logLevel': 'info' as const };
  await client.callTool({ name: 'test_logging_tool', arguments: {}, _meta });
  expect(logged).toEqual(['Running.']);
});

test('with sessions, a resource is watched, and no longer', async () => {
  const { client } = await withSessions();
  const watched = { uri: 'test://watched-resource' };
  expect(await client.subscribeResource(watched)).toEqual({});
  expect(await client.unsubscribeResource(watched)).toEqual({});
});
