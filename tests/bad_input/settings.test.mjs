// Unsafe settings stop the start with one clear line: it names the setting and shows no secret. `pollux doctor` says that line as well.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { Program, binary, endPrograms, temporaryFolder } from '../e2e/support/process.mjs';
import { Server } from '../e2e/support/server.mjs';

after(endPrograms);

const safe = { PATH: process.env.PATH, METRICS_LISTEN: '', DATA_MAY_VANISH: 'True', SECRET_KEY: 'Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPaQ', AI_MODELS: 'demo', LISTEN: '127.0.0.1:0' };
const farDay = '2099-01-01';

// Settings -> the name that the line begins with.
const unsafe = [
    [{ SECRET_KEY: '' }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'short-canary' }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'a'.repeat(64) }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'abababababababababababababababababab' }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'django-insecure-canary-0123456789abcdefghij' }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'changeme-canary-0123456789-abcdefghijkl' }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'your-super-secret-key-change-in-production' }, 'SECRET_KEY'],
    [{ SECRET_KEY_FILE: '/nonexistent/key', SECRET_KEY: '' }, 'SECRET_KEY'],
    [{ JWT_SIGNING_KEY: 'short-canary' }, 'JWT_SIGNING_KEY'],
    [{ JWT_PREVIOUS_KEY: 'short-canary' }, 'JWT_PREVIOUS_KEY'],
    [{ OTP_DELIVERY: 'response' }, 'OTP_DELIVERY'],
    [{ OTP_DELIVERY: 'console' }, 'OTP_DELIVERY'],
    [{ OTP_TEST_NUMBERS: '+12025550147:135790' }, 'OTP_TEST_NUMBERS'],
    [{ OTP_TEST_NUMBERS: `+12025550147:135790@${farDay}` }, 'OTP_TEST_NUMBERS'],
    [{ OTP_TEST_NUMBERS: '+12025550147:13579' }, 'OTP_TEST_NUMBERS'],
    [{ OTP_TEST_NUMBERS: 'abc:135790' }, 'OTP_TEST_NUMBERS'],
    [{ CORS_ALLOW_ALL_ORIGINS: 'True', CORS_ALLOW_CREDENTIALS: 'True' }, 'CORS_ALLOW_CREDENTIALS'],
    [{ CORS_ALLOWED_ORIGINS: '*', CORS_ALLOW_CREDENTIALS: 'True' }, 'CORS_ALLOW_CREDENTIALS'],
    [{ CORS_ALLOWED_ORIGINS: 'https://a.example/path' }, 'CORS_ALLOWED_ORIGINS'],
    [{ CORS_ALLOWED_ORIGINS: 'null' }, 'CORS_ALLOWED_ORIGINS'],
    [{ RATE_LIMITS: 'off' }, 'RATE_LIMITS'],
    [{ TRUSTED_PROXIES: '0.0.0.0/0' }, 'TRUSTED_PROXIES'],
    [{ TRUSTED_PROXIES: '::/0' }, 'TRUSTED_PROXIES'],
    [{ TRUSTED_PROXIES: '0.0.0.0/1, 128.0.0.0/1' }, 'TRUSTED_PROXIES'],
    [{ SECRET_KEY: 'abcdefghabcdefghabcdefghabcdefgh' }, 'SECRET_KEY'],
    [{ SECRET_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789' }, 'SECRET_KEY'],
    [{ TRUSTED_PROXIES: 'everybody' }, 'TRUSTED_PROXIES'],
    [{ STRIPE_SECRET_KEY: 'sk_live_canary', PUBLIC_URL: 'https://chat.example.com', ALLOWED_HOSTS: '.example.com' }, 'STRIPE_WEBHOOK_SECRET'],
    [{ STRIPE_SECRET_KEY: 'sk_live_canary', STRIPE_WEBHOOK_SECRET: 'whsec_canary', PUBLIC_URL: 'https://chat.example.com', ALLOWED_HOSTS: 'example.com' }, 'PUBLIC_URL'],
    [{ STRIPE_SECRET_KEY: 'sk_live_canary', STRIPE_WEBHOOK_SECRET: 'whsec_canary', PUBLIC_URL: 'http://localhost' }, 'PUBLIC_URL'],
    [{ STRIPE_WEBHOOK_SECRET: 'price_canary' }, 'STRIPE_WEBHOOK_SECRET'],
    [{ STRIPE_PRICE_ID: 'whsec_canary' }, 'STRIPE_PRICE_ID'],
    [{ STRIPE_SECRET_KEY: 'pk_live_canary' }, 'STRIPE_SECRET_KEY'],
    [{ STRIPE_SECRET_KEY: 'sk_live_canary', STRIPE_WEBHOOK_SECRET: 'whsec_canary' }, 'PUBLIC_URL'],
    [{ GEMINI_API_KEY: 'canary', GEMINI_BASE_URL: 'http://gemini.example' }, 'GEMINI_BASE_URL'],
    [{ GEMINI_BASE_URL: 'ftp://gemini.example' }, 'GEMINI_BASE_URL'],
    [{ GEMINI_BASE_URL: 'file:///etc/passwd' }, 'GEMINI_BASE_URL'],
    [{ AI_MODELS: '' }, 'GEMINI_API_KEY'],
    [{ AI_MODELS: 'gemini:gemini-flash-latest' }, 'GEMINI_API_KEY'],
    [{ DEBUG: 'perhaps' }, 'DEBUG'],
    [{ LISTEN: '127.0.0.1:99999' }, 'LISTEN'],
    [{ THREADS: '0' }, 'THREADS'],
    [{ ACCESS_TOKEN_MINUTES: '100000' }, 'ACCESS_TOKEN_MINUTES'],
    [{ REFRESH_IDLE_DAYS: '300', REFRESH_TOKEN_DAYS: '30' }, 'REFRESH_IDLE_DAYS'],
    [{ DEFAULT_COUNTRY_CODE: '0' }, 'DEFAULT_COUNTRY_CODE'],
    [{ RATE_RULES: 'auth=0/0' }, 'RATE_RULES'],
    [{ DATABASE_URL: 'mysql://canary@localhost/x' }, 'DATABASE_URL'],
    [{ DATABASE_URL: 'postgres://user:canary@localhost/x', DATABASE_WAIT_SECONDS: '0' }, 'DATABASE_URL'],
    [{ DEBUG_NETWORKS: 'x', DEBUG: 'True' }, 'DEBUG_NETWORKS'],
];

// A name that nobody has (RFC 2606), instead of Stripe's: a start stops before it would ask, doctor does not.
const nobody = { STRIPE_BASE_URL: 'https://stripe.invalid' };

// {code, stdout, stderr}
async function run(word, settings) {
    const program = new Program(binary('pollux'), [word], { cwd: temporaryFolder(), env: { ...safe, ...settings } });
    const timer = setTimeout(() => program.signal('SIGKILL'), 10_000);
    const { code } = await program.end;
    clearTimeout(timer);
    assert.ok(!`${program.stdout}${program.stderr}`.includes('canary') && !program.stderr.includes('135790'), `a secret is shown: ${program.stdout}${program.stderr}`);
    return { code, stdout: program.stdout, stderr: program.stderr };
}

const complaintsOf = ({ stderr }) => stderr.trim().split('\n').filter((line) => !line.startsWith('{'));

// That doctor finds just these lines ill in the settings.
async function doctorSays(lines, settings) {
    const { code, stdout } = await run('doctor', { ...settings, ...nobody });
    assert.equal(code, 1, stdout);
    const ill = stdout.split('\n').filter((line) => line.startsWith('  ILL  Settings: '));
    assert.deepEqual(ill, lines.map((line) => line.replace(/^pollux: /, '  ILL  Settings: ')), stdout);
}

for (const [settings, name] of unsafe) {
    test(`does not start with ${JSON.stringify(settings)}`, async () => {
        const started = await run('serve', settings);
        assert.ok(started.code > 0, `exit ${started.code}: ${started.stdout}`);
        const lines = complaintsOf(started);
        assert.equal(lines.length, 1, started.stderr);
        assert.ok(lines[0].startsWith(`pollux: ${name}`), lines[0]);
        // Whether a database answers is no matter of settings, so doctor has words of its own for it.
        if (settings.DATABASE_WAIT_SECONDS === undefined) await doctorSays(lines, settings);
        else assert.match((await run('doctor', settings)).stdout, /^ {2}ILL {2}Database: PostgreSQL cannot be used/m);
    });
}

test('does not start with what the original has people set in production, and doctor names the same', async () => {
    const original = {
        SECRET_KEY: 'your-production-secret-key', DEBUG: 'False', ALLOWED_HOSTS: 'your-app-name.onrender.com', GEMINI_API_KEY: 'your-gemini-api-key',
        STRIPE_PUBLISHABLE_KEY: 'your-stripe-publishable-key', STRIPE_SECRET_KEY: 'your-stripe-secret-key', STRIPE_WEBHOOK_SECRET: 'your-stripe-webhook-secret',
        REDIS_URL: 'your-redis-url', CELERY_BROKER_URL: 'your-redis-url', CELERY_RESULT_BACKEND: 'your-redis-url', CORS_ALLOW_ALL_ORIGINS: 'True', AI_MODELS: '',
    };
    const started = await run('serve', original);
    assert.equal(started.code, 2);
    const lines = complaintsOf(started);
    assert.deepEqual(lines.map((line) => /^pollux: (\w+):/.exec(line)?.[1]), ['GEMINI_API_KEY', 'SECRET_KEY'], started.stderr);
    await doctorSays(lines, original);
});

test('a worker on SQLite ends like wrong settings, after which nobody starts it again', async () => {
    const worker = await run('worker', {});
    assert.deepEqual([worker.code, complaintsOf(worker).length], [2, 1], worker.stderr);
    assert.match(worker.stderr, /^pollux: a SQLite database belongs to one process/);
});

test('starts with the safe ones, and what it keeps is its own alone', async () => {
    const server = await Server.start({ env: { ...safe, SECRET_KEY: '', DEBUG: 'True' } });
    const folder = path.join(server.folder, 'pollux_data');
    const open = fs.readdirSync(folder).filter((name) => (fs.statSync(path.join(folder, name)).mode & 0o077) !== 0);
    const isFolderOpen = (fs.statSync(folder).mode & 0o077) !== 0;
    assert.ok(!isFolderOpen || open.length === 0, `others may read ${open}`);
    assert.equal(fs.statSync(path.join(folder, 'secret_key')).mode & 0o777, 0o600);
    assert.equal((await server.stop()).code, 0);
});

test('a key that was changed still opens for its tokens, and no other does', async () => {
    const keys = ['first-signing-key-0123456789-abcdefghij', 'second-signing-key-0123456789-abcdefghi', 'third-signing-key-0123456789-abcdefghij'];
    const env = { DEBUG: 'True', AI_MODELS: 'demo', RATE_LIMITS: 'off', JWT_SIGNING_KEY: keys[0] };
    const { Client, User } = await import('../e2e/support/client.mjs');
    const server = await Server.start({ env });
    const client = new Client(server);
    const user = await User.signUp(client);
    const statusAfter = async (extra) => {
        await server.stop();
        await server.start(extra);
        return (await client.ask('GET', '/user/me/', { token: user.token })).status;
    };
    assert.equal(await statusAfter({ JWT_SIGNING_KEY: keys[1], JWT_PREVIOUS_KEY: keys[0] }), 200);
    assert.equal(await statusAfter({ JWT_SIGNING_KEY: keys[2], JWT_PREVIOUS_KEY: keys[1] }), 401);
    assert.equal(await statusAfter({ JWT_SIGNING_KEY: keys[2] }), 401);
    assert.equal(await statusAfter({ JWT_SIGNING_KEY: keys[0] }), 200);
    client.close();
    assert.equal((await server.stop()).code, 0);
});
