// A way to a server that can be shut and opened, and led to another server: a TCP proxy of one client's own, or an address that several share
// before and after a failover.
import net from 'node:net';

export class Door {
    #sockets = new Set();

    static async to(port) {
        const door = new Door();
        door.target = port; // Of connections to come.
        await door.open();
        return door;
    }

    // Connections are taken again.
    async open() {
        this.server = net.createServer((socket) => this.#join(socket));
        await new Promise((resolve, reject) => {
            this.server.on('error', reject);
            this.server.listen(this.port ?? 0, '127.0.0.1', resolve);
        });
        this.server.unref();
        this.port = this.server.address().port;
    }

    // Those that stand are cut, others are refused.
    async shut() {
        const closed = new Promise((resolve) => this.server.close(resolve));
        for (const socket of this.#sockets) socket.destroy();
        await closed;
    }

    #join(socket) {
        const other = net.connect(this.target, '127.0.0.1');
        for (const [from, to] of [[socket, other], [other, socket]]) {
            this.#sockets.add(from);
            from.on('error', () => {});
            from.on('close', () => {
                this.#sockets.delete(from);
                to.destroy();
            });
            from.pipe(to);
        }
    }
}
