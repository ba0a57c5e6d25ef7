// Servers in a test's own process. None keeps the process alive: a test that fails leaves them, and its file ends all the same.

// Listens on a free port of loopback, which it answers.
export async function listening(server) {
    await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    server.unref();
    return server.address().port;
}
