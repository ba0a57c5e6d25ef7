// The examples in deploy/: what a reply has so far goes through them at once, though nothing more comes, and so do a stop and the end.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms } from './support/process.mjs';
import { Haproxy, Nginx, unpacked } from './support/services.mjs';
import { Sim } from './support/sim.mjs';
import { ReplyReader } from './support/sse.mjs';

after(endPrograms);

const cluster = {};

test('a cluster', { timeout: 60_000 }, async () => {
    const sim = await Sim.start();
    // Three pieces, and then a silence that only the reader's stop ends.
    await sim.plan({ default: { chunks: 10, chunk_delay_ms: 1, fault: 'hang', after_chunks: 3 } });
    Object.assign(cluster, { sim, nodes: await Cluster.start({ env: sim.settings() }) });
});

const noNginx = unpacked('nginx') ? false : 'nginx is not there (./test --install unpacks it)';

for (const [Proxy, skip] of [[Haproxy, false], [Nginx, noNginx]]) {
    test(`${Proxy.name} holds nothing of a stream back`, { skip, timeout: 60_000 }, async () => {
        const proxy = await Proxy.start(cluster.nodes.serves.map(({ port }) => port));
        const client = new Client({ url: proxy.url, testNumber: () => cluster.nodes.testNumber() });
        const user = await User.signUp(client);
        const room = await user.createRoom();
        const sent = await user.send(room, 'Say three things and fall silent.');

        const reader = new ReplyReader();
        const stream = await user.openStream(room, sent.reply.id);
        reader.connected();
        let stopped = null;
        for await (const event of stream.events) {
            reader.take(event);
            const [call] = (await cluster.sim.calls()).calls.slice(-1);
            // The three pieces are here, while the model still holds the rest.
            if (!stopped && call?.chunks_sent === 3 && reader.text.length > 0) {
                assert.equal(call.state, 'running');
                stopped = await user.stop(room, sent.reply.id);
            }
        }
        assert.equal(stopped.status, 'stopped');
        assert.equal(reader.message.status, 'stopped');
        assert.ok(reader.text.length > 0 && reader.text === reader.message.content);
        client.close();
    });
}
