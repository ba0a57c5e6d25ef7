// The README's lines about buying, word for word: first in the demo, then against the simulator of Stripe.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Program, endPrograms, freePort, temporaryFolder, until } from './support/process.mjs';
import { Shell, blockWith, isReady } from './support/readme.mjs';

after(() => endPrograms());

describe('the README\'s lines about buying', () => {
    const tour = blockWith('B=');
    const demo = blockWith('curl $B/plans/');
    const stripe = blockWith('build/release/pollux-sims stripe &');
    const statusLine = demo.find((line) => line.includes('/subscription/status/'));
    let shell, server;

    before(async () => {
        shell = new Shell(temporaryFolder(), { pollux: await freePort(), sim: await freePort() });
        shell.build(blockWith('ninja')[0]);
        server = shell.start('build/release/pollux serve --dev &'); // What ./run starts.
        await isReady(server);
        for (const line of tour.slice(0, tour.findIndex((one) => one.startsWith('A=')) + 1)) await shell.run(line);
    });

    const pricesAreKnown = () => until('prices', async () => {
        await shell.run(demo[0]);
        return shell.body.results.find(({ name }) => name === 'pro').prices.length > 0;
    });
    const isPro = async () => {
        await shell.run(statusLine);
        return shell.body.tier === 'pro' && shell.body;
    };

    test('in the demo, in six lines', async () => {
        assert.equal(demo.length, 6);
        await pricesAreKnown();
        for (const line of demo.slice(1)) {
            if (line === statusLine) {
                assert.equal((await until('Pro', isPro)).source, 'demo');
                continue;
            }
            const answer = await shell.run(line);
            if (line.startsWith('curl -i')) assert.match(answer, /^HTTP\/1\.1 303 [^]*\r\nLocation: http:\/\/127\.0\.0\.1:\d+\/subscription\/done\//i);
        }
        const portal = await fetch(shell.body.url);
        assert.equal(portal.status, 200);
        assert.match(await portal.text(), /Pollux Pro, monthly/);
    });

    test('against the simulator of Stripe, in six lines', async () => {
        assert.equal(stripe.length, 6);
        await server.signal('SIGTERM');
        const sim = shell.start(stripe[0]);
        await sim.printed(/listening on/);
        await shell.run(stripe[1]);
        const failed = new Program('bash', ['-c', shell.typed(stripe[2])], { cwd: shell.folder, env: { ...shell.env, STRIPE_SECRET_KEY: 'sk_test_none' } });
        assert.notEqual((await failed.end).code, 0);
        assert.equal(failed.stdout, '', 'nothing of the environment is printed where it fails');
        assert.match(failed.stderr, /STRIPE_SECRET_KEY/);
        await shell.run(stripe[2]);
        assert.match(shell.env.STRIPE_PRICE_ID, /^price_\w+$/);
        assert.match(shell.env.STRIPE_WEBHOOK_SECRET, /^whsec_\w+$/);
        await isReady(shell.start(stripe[3]));
        await pricesAreKnown();
        await shell.run(statusLine);
        assert.equal(shell.body.tier, 'basic', 'what was bought in the demo counts in the demo');

        await shell.run(stripe[4]);
        const { checkout_url: page } = shell.body;
        assert.ok((await (await fetch(page)).text()).includes(`action="${new URL(page).pathname}/pay"><button>Pay</button>`), 'the button does what the line does');
        assert.match(await shell.run(stripe[5]), /^HTTP\/1\.1 303 [^]*\r\nLocation: http:\/\/127\.0\.0\.1:\d+\/subscription\/done\/\?session_id=cs_test_/i);
        const bought = await until('Pro', isPro);
        assert.deepEqual([bought.status, bought.source, bought.price], ['active', 'stripe', shell.env.STRIPE_PRICE_ID]);
    });
});
