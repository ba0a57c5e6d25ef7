// The examples in deploy/. What a reply has so far goes through them at once, though nothing more comes, and so do a stop and the end.
// And nobody gets a page of one version whose scripts another node does not have.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { Http2Client } from './support/http2_client.mjs';
import { endPrograms } from './support/process.mjs';
import { Caddy, Haproxy, Nginx, unpacked } from './support/services.mjs';
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

// A node with a build of the pages of its own. Two versions of the binary differ in nothing else that a proxy could notice.
async function nodeOf(build) {
    const own = `/assets/base-${build}.js`;
    const node = http.createServer((request, answer) => {
        const isPage = request.headers.accept?.includes('text/html');
        const body = { '/readyz': '{}', '/livez': '{}', [own]: `'${build}'` }[request.url] ?? (isPage ? `<script src="${own}"></script>` : null);
        answer.writeHead(body === null ? 404 : 200).end(body ?? '');
    });
    node.keepAliveTimeout = 60_000;
    await new Promise((resolve) => node.listen(0, '127.0.0.1', resolve));
    return node;
}

// Over HTTP/1.1, each call on a connection of its own, as far apart as a browser's may be.
class Visitor {
    constructor(proxy, address) {
        Object.assign(this, { proxy, address });
    }

    ask(method, target, { headers = {} } = {}) {
        return new Promise((resolve, reject) => {
            const request = http.request(this.proxy.url + target, { method, headers, localAddress: this.address, agent: false }, (answer) => {
                let text = '';
                answer.on('data', (piece) => (text += piece)).on('end', () => resolve({ status: answer.statusCode, text }));
            });
            request.on('error', reject).end();
        });
    }
}

class Http2Visitor extends Visitor {
    async ask(method, target, { headers = {} } = {}) {
        const client = new Http2Client(this.proxy, { address: this.address });
        const answer = await client.open(method, target, { headers });
        let text = '';
        for await (const piece of answer) text += piece;
        client.close();
        return { status: answer.statusCode, text };
    }
}

const noCaddy = unpacked('caddy') ? false : 'Caddy is not there (./test --install unpacks it)';

for (const [Proxy, Who, skip] of [[Haproxy, Visitor, false], [Nginx, Visitor, noNginx], [Caddy, Http2Visitor, noCaddy]]) {
    test(`behind ${Proxy.name} a page finds its scripts while there are two versions`, { skip, timeout: 60_000 }, async () => {
        const nodes = [await nodeOf('old'), await nodeOf('new')];
        const proxy = await Proxy.start(nodes.map((node) => node.address().port));
        const seen = new Set();
        for (let number = 1; number <= 24; ++number) {
            const visitor = new Who(proxy, `127.3.0.${number}`);
            const page = await visitor.ask('GET', '/', { headers: { accept: 'text/html,application/xhtml+xml' } });
            const [, script] = /src="([^"]+)"/.exec(page.text);
            seen.add(script);
            // What others ask in between moves whatever goes around in turns.
            for (let count = 0; count < number % 3; ++count) await new Who(proxy, '127.3.1.1').ask('GET', '/livez');
            for (let count = 0; count < 3; ++count) assert.equal((await visitor.ask('GET', script, { headers: { accept: '*/*' } })).status, 200, `${script} for visitor ${number}`);
        }
        assert.equal(seen.size, 2, 'both versions were visited');
        assert.equal((await new Who(proxy, '127.3.0.1').ask('GET', '/assets/none.js')).status, 404, 'what nobody has is not there');
        for (const node of nodes) node.close().closeAllConnections();
    });
}
