// Accounts over HTTP: whose sign-up it was, how often passwords are guessed, links and admins, the fixed code and foreign pages.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client } from './support/client.mjs';
import { Program, binary, endPrograms } from './support/process.mjs';
import { Server } from './support/server.mjs';

const env = { DEBUG: 'True', PASSWORD_LOGIN: 'True', ADMIN_MOBILE: '+12025550190', RATE_RULES: 'auth=1000/60,otp=1000/60' };

describe('accounts', () => {
    let server;
    let client;

    before(async () => {
        server = await Server.start({ env, args: ['--dev'] });
        client = new Client(server);
    });
    after(endPrograms);

    const post = (path, body, options = {}) => client.ask('POST', path, { body, ...options });

    async function code(mobile, purpose = 'login') {
        const sent = await post('/auth/send-otp/', { mobile, purpose });
        assert.equal(sent.status, 200, sent.text);
        return sent.body.otp;
    }

    async function signUp(mobile, password, name) {
        const made = await post('/auth/signup/', { mobile, password, name });
        assert.equal(made.status, 201, made.text);
        return made.body;
    }

    test('a stranger signs up the number of somebody else', async () => {
        const mobile = '+12025550101';
        await signUp(mobile, 'the owner knows this', 'Leda');
        await signUp(mobile, 'the stranger knows this', 'Mallory');
        const login = await post('/auth/verify-otp/', { mobile, code: await code(mobile), purpose: 'login', password: 'the owner knows this' });
        assert.equal(login.status, 200, login.text);
        assert.equal(login.body.user.name, 'Leda');
        assert.equal((await post('/auth/login/', { mobile, password: 'the stranger knows this' })).status, 401);
        assert.equal((await post('/auth/login/', { mobile, password: 'the owner knows this' })).status, 200);
    });

    test('a code alone takes nothing of a sign-up, its token does; codes are taken as they are pasted', async () => {
        const [bare, proven] = ['+12025550102', '+12025550103'];
        await signUp(bare, 'the stranger knows this', 'Mallory');
        const otp = await code(bare);
        const login = await post('/auth/verify-otp/', { mobile: bare, code: `${otp.slice(0, 3)}\u00a0${otp.slice(3)}`, purpose: 'login' });
        assert.equal(login.status, 200, login.text);
        assert.equal(login.body.user.name, null);

        const { signup_token } = await signUp(proven, 'the owner knows this', 'Leda');
        const own = await post('/auth/verify-otp/', { mobile: proven, code: await code(proven), purpose: 'login', signup_token });
        assert.equal(own.body.user.name, 'Leda');
    });

    test('passwords are guessed ten times, then refused; codes and devices of the account go on', async () => {
        const mobile = '+12025550104';
        await signUp(mobile, 'the owner knows this');
        const login = await post('/auth/verify-otp/', { mobile, code: await code(mobile), purpose: 'login', password: 'the owner knows this' });
        assert.equal(login.status, 200, login.text);
        const answers = [];
        for (let index = 0; index < 12; ++index) answers.push((await post('/auth/login/', { mobile, password: 'wrong password' })).status);
        assert.deepEqual(answers, [...Array(10).fill(401), 429, 429]);
        const refused = await post('/auth/login/', { mobile, password: 'the owner knows this' });
        assert.equal(refused.body.code, 'too_many_guesses');
        assert.ok(Number(refused.headers['retry-after']) > 0);
        const device = await post('/auth/login/', { mobile, password: 'the owner knows this' }, { token: login.body.access });
        assert.equal(device.status, 200, device.text);
    });

    test('the fixed code of --dev opens nothing to a foreign page', async () => {
        const mobile = '1234567890';
        await signUp(mobile, 'testpass123');
        assert.equal(await code(mobile), '123456');
        const guess = (headers) => post('/auth/verify-otp/', { mobile, code: '123456', purpose: 'login' }, { headers });
        const foreign = await guess({ Origin: 'https://evil.example' });
        assert.equal(foreign.status, 403);
        assert.equal(foreign.body.code, 'foreign_origin');
        assert.equal((await guess({ Origin: 'http://localhost:5173' })).status, 200);
    });

    test('ADMIN_MOBILE becomes an admin by its code', async () => {
        const mobile = env.ADMIN_MOBILE;
        await signUp(mobile, 'the owner knows this');
        const login = await post('/auth/verify-otp/', { mobile, code: await code(mobile), purpose: 'login' });
        assert.equal(login.body.user.is_admin, true, login.text);
    });

    test('createsuperuser prints a link that opens once and ends the sessions before it', async () => {
        const mobile = '+12025550105';
        await signUp(mobile, 'the owner knows this');
        const old = await post('/auth/verify-otp/', { mobile, code: await code(mobile), purpose: 'login' });
        await server.stop();
        const file = path.join(server.folder, 'password');
        writeFileSync(file, 'known to the operator\n');
        const command = new Program(binary('pollux'), ['createsuperuser', mobile, '--dev', '--password-file', file],
            { cwd: server.folder, env: { PATH: process.env.PATH, ...env } });
        const exited = await command.end;
        assert.equal(exited.code, 0, command.stderr);
        const [, body] = /\/auth\/link\/ -H 'Content-Type: application\/json' -d '(\{.*\})'/.exec(command.stdout);
        await server.start();
        const login = await post('/auth/link/', body);
        assert.equal(login.status, 200, login.text);
        assert.equal(login.body.user.is_admin, true);
        assert.equal((await post('/auth/link/', body)).body.code, 'invalid_link');
        assert.equal((await client.ask('GET', '/user/me/', { token: old.body.access })).status, 401);
        assert.equal((await client.ask('GET', '/user/me/', { token: login.body.access })).body.is_admin, true);
    });
});
