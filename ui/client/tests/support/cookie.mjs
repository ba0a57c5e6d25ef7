// The pages' cookie (X-Pollux-Client: web) as the design has it: the refresh token travels in an HttpOnly cookie and never in a
// body, and what comes with the cookie needs an equal Origin. A proxy with this in it does so for a server that does not yet; where the
// server does, nothing here has anything to do.
const name = 'pollux_refresh';

const isOfPages = ({ method, path, headers }) => method === 'POST' && path.startsWith('/auth/') && headers['x-pollux-client'] === 'web';

export function givePagesCookie(proxy) {
    proxy.before = (asked) => {
        if (!isOfPages(asked)) return null;
        if (asked.headers.origin !== `http://${asked.headers.host}`) {
            const body = JSON.stringify({ code: 'foreign_origin', detail: 'The origin is another one.' });
            return { status: 403, headers: { 'Content-Type': 'application/problem+json' }, body };
        }
        const token = new RegExp(`${name}=([^;]+)`).exec(asked.headers.cookie ?? '')?.[1];
        if (/^\/auth\/token\/refresh/.test(asked.path) && token) asked.body = Buffer.from(JSON.stringify({ refresh: token }));
        return null;
    };
    proxy.answered = (asked, status, headers, body) => {
        if (!isOfPages(asked)) return null;
        const cookie = (value) => ({ ...headers, 'set-cookie': `${name}=${value}; Path=/auth/; HttpOnly; SameSite=Strict` });
        if (asked.path.startsWith('/auth/logout')) return { headers: cookie('; Max-Age=0'), body };
        if (status !== 200 || !/json/.test(headers['content-type'] ?? '')) return null;
        const { refresh, ...rest } = JSON.parse(body);
        if (refresh === undefined) return null;
        return { headers: cookie(refresh), body: JSON.stringify(rest) };
    };
}
