// Between the server and the simulator of Gemini: other sources in the place of the simulator's, as any page of the world may be named.
import http from 'node:http';

export class Citing {
    source = null; // {uri, title}: what the model cites from now on.

    static async before(sim) {
        const citing = new Citing();
        const { hostname, port } = new URL(sim.url);
        citing.server = http.createServer((request, response) => {
            const onward = http.request({ host: hostname, port, method: request.method, path: request.url, headers: { ...request.headers, host: `${hostname}:${port}` } }, async (answer) => {
                const head = { ...answer.headers };
                delete head['content-length'];
                response.writeHead(answer.statusCode, head);
                let rest = '';
                answer.setEncoding('utf8');
                for await (const piece of answer) {
                    const lines = (rest + piece).split('\n');
                    rest = lines.pop();
                    for (const line of lines) response.write(citing.#rewritten(line) + '\n');
                }
                response.end(citing.#rewritten(rest));
            });
            onward.on('error', () => response.destroy());
            response.on('close', () => onward.destroy());
            request.pipe(onward);
        });
        await new Promise((resolve) => citing.server.listen(0, '127.0.0.1', resolve));
        citing.server.unref();
        citing.url = `http://127.0.0.1:${citing.server.address().port}`;
        return citing;
    }

    #rewritten(line) {
        if (!this.source) return line;
        return line
            .replaceAll(/"https:\/\/example\.com\/(?:page|source)"/g, () => JSON.stringify(this.source.uri))
            .replaceAll('"title":"example.com"', () => `"title":${JSON.stringify(this.source.title)}`);
    }
}
