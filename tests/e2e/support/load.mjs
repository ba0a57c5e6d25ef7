// What a service is asked while its processes are upgraded.
import assert from 'node:assert/strict';

// Users who talk without a key and without a second try: whatever fails ends the test.
export class Load {
    counts = { requests: 0, replies: 0 };
    isOver = false;

    constructor(users) {
        this.done = Promise.all(users.map((user) => this.talk(user)));
        this.done.catch(() => {}); // Whoever awaits it hears of it.
    }

    async talk(user) {
        const room = await user.createRoom();
        while (!this.isOver) {
            const sent = await user.send(room, `message ${this.counts.requests}`);
            const reader = await user.follow(room, sent.reply.id);
            assert.equal(reader.message.status, 'completed');
            assert.equal(reader.text, reader.message.content);
            await user.rooms();
            await user.messages(room, 20);
            await user.ask('GET', '/user/me/');
            this.counts.requests += 4;
            ++this.counts.replies;
        }
    }

    // Runs `work` while all goes well.
    async during(work) {
        await Promise.race([work(), this.done.then(() => assert.fail('the load ended'))]);
    }

    async end() {
        this.isOver = true;
        await this.done;
    }
}
