// The service worker: keeps the shell and the files with hashed names, so that the pages open without the network. Answers of the API are
// never kept, nor looked at. tools/build.mjs fills in which build this is and which files a page may need before it has asked for them.
const build = '_o1Kf-iaXVch';
const files = [
    '/assets/account-D4XKpqn4.js',
    '/assets/ar-B-DWFKkW.js',
    '/assets/base-BbuUNBVp.js',
    '/assets/chat-BAyNNZ-6.js',
    '/assets/docs-B6De12JY.js',
    '/assets/icon-BhhRyRvH.svg',
    '/assets/inter-latin-wght-normal-Dx4kXJAl.woff2',
    '/assets/markdown-Cbqb4JR3.js',
    '/assets/plan-puQQ3Vgn.js',
    '/assets/replies-DYLzIZNf.js',
    '/assets/rolldown-runtime-XKyaHtl9.js',
    '/assets/signin-DXBkZTTG.js',
    '/assets/style-BhrxBvNQ.css',
    '/assets/theme-5gCxuP5E.js',
];
const pages = /^\/(?:|chat\/\d+\/?|signin\/?|account\/?|plan\/?|docs\/?|subscription\/done\/?)$/;
const hashedFolders = /^\/(?:assets|brand)\//;
const prefix = 'pollux ';
const buildsMax = 2; // A tab that was open before an update still fetches files of its own build.
const patienceMs = 4000; // How long the network may take for the shell, where one is kept.

addEventListener('install', (event) => event.waitUntil(keep().then(() => skipWaiting())));
addEventListener('activate', (event) => event.waitUntil(forget().then(() => clients.claim())));

addEventListener('fetch', (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== 'GET' || origin !== location.origin || request.headers.has('range')) return;
    if (hashedFolders.test(pathname)) event.respondWith(hashed(request));
    else if (request.mode === 'navigate' && pages.test(pathname)) event.respondWith(fresh(request));
});

async function keep() {
    const cache = await caches.open(prefix + build);
    await cache.addAll(['/', ...files].map((file) => new Request(file, { cache: file === '/' ? 'no-cache' : 'default' })));
    // A server with a brand of its own has put the brand's styles into the shell.
    const shell = await (await cache.match('/')).text();
    await cache.addAll([...shell.matchAll(/href="(\/brand\/[^"]+)"/g)].map(([, file]) => file));
}

async function forget() {
    const kept = (await caches.keys()).filter((name) => name.startsWith(prefix)); // In the order in which they were made.
    await Promise.all(kept.slice(0, Math.max(0, kept.length - buildsMax)).map((name) => caches.delete(name)));
}

// A name with a hash means the same bytes for ever.
async function hashed(request) {
    const known = await caches.match(request.url, { ignoreVary: true });
    if (known) return known;
    const response = await fetch(request);
    if (response.status === 200) {
        const copy = response.clone();
        caches.open(prefix + build).then((cache) => cache.put(request.url, copy)).catch(() => {}); // No room: fetched again next time.
    }
    return response;
}

// From the server, else as it was kept. A server that is being restarted counts as none.
async function fresh(request) {
    const asked = fetch(request).then((response) => (response.status < 500 ? response : Promise.reject(response)));
    const kept = await (await caches.open(prefix + build)).match('/', { ignoreVary: true });
    if (!kept) return asked.catch((failure) => (failure instanceof Response ? failure : Response.error()));
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(() => resolve(kept), patienceMs)));
    return Promise.race([asked.catch(() => kept), late]).finally(() => clearTimeout(timer));
}
