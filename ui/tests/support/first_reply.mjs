// first_reply.mjs ADDRESS: what the README's first screen says, in a browser, at a server that somebody else has started: signs up, gives
// the code that the page shows, asks, and has a reply of the demo model. Says so, or fails.
import assert from 'node:assert/strict';

import { World, ask, finished, nothing } from './pages.mjs';

const world = new World();
world.url = process.argv[2];
world.host = new URL(world.url).hostname;
try {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Hello');
    const reply = await finished(page);
    assert.match(await reply.innerText(), /demo model/);
    assert.deepEqual(await watch.found(), nothing);
    console.log(`a browser has its first reply at ${world.url}`);
} finally {
    await world.stop();
}
