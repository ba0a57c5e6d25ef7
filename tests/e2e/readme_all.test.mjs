// The README's lines for trying the whole product with no account anywhere, word for word and pasted as the block that they are: a code comes
// by SMS, both models answer, and Pro is bought.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { endPrograms, freePort, freePorts, temporaryFolder, until } from './support/process.mjs';
import { Shell, blockWith } from './support/readme.mjs';

after(() => endPrograms());

test('all of it, in five lines', { timeout: 400_000 }, async () => {
    const lines = blockWith('build/release/pollux-sims all');
    assert.equal(lines.length, 5);
    const tour = blockWith('B=');
    const tourLine = (part) => tour.find((line) => line.includes(part));
    const shell = new Shell(temporaryFolder(), { pollux: await freePort(), page: await freePorts(5) });
    shell.build(blockWith('ninja')[0]);
    const page = `http://127.0.0.1:${shell.ports.page}`;
    for (const line of tour.filter((one) => /^[BJ]=/.test(one))) await shell.run(line);
    const pasted = shell.paste(lines);
    await pasted.printed(/^pasted$/m, 60);
    assert.match(pasted.stdout, /"mobile":"\+14155552671"/, 'the fourth line was answered');
    assert.ok(!/"otp"/.test(pasted.stdout), 'the code stands in no answer');
    const { mobile } = JSON.parse(lines[4].match(/'(\{.*\})'/)[1]);

    const code = await until('the code on the page', async () => (await (await fetch(page)).text()).match(/\b(\d{6})\b/)?.[1]);
    await shell.run(tourLine('/auth/verify-otp/').replace('1234567890', mobile).replace('123456"', `${code}"`));
    await shell.run(tourLine('A='));

    // A reply of each model.
    for (const model of ['gemini:gemini-flash-latest', 'openai:llama3.2']) {
        await shell.run(`curl -X POST $B/chatroom/create/ -H "$J" -H "$A" -d '{"name": "Room", "model": "${model}"}'`);
        const room = shell.body.id ?? shell.body.chatroom?.id;
        await shell.run(`curl -X POST "$B/chatroom/${room}/message/?wait=20" -H "$J" -H "$A" -d '{"content": "Hello AI!"}'`);
        const { status, model: answered, content } = shell.body.reply;
        assert.deepEqual([status, answered], ['completed', model]);
        assert.match(content, /Hello AI!/, 'the echo of the simulator');
    }

    const demo = blockWith('curl $B/plans/');
    await until('prices', async () => {
        await shell.run(demo[0]);
        return shell.body.results.find(({ name }) => name === 'pro').prices.length > 0;
    });
    await shell.run(demo.find((line) => line.includes('/subscription/checkout/')));
    const { checkout_url: checkout } = shell.body;
    assert.ok((await (await fetch(page)).text()).includes(`href="${checkout}"`), 'the page leads there');
    await fetch(`${checkout}/pay`, { method: 'POST', redirect: 'manual' });
    await until('Pro', async () => {
        await shell.run(demo.find((line) => line.includes('/subscription/status/')));
        return shell.body.tier === 'pro';
    });
});
