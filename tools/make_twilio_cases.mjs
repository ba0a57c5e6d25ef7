#!/usr/bin/env node
// Prints src/accounts/sms/twilio_cases.inc: reports as they may be posted, and what npm's twilio, whose folder is the argument, says of
// their signatures:
//
//     npm install --prefix build/twilio twilio
//     tools/make_twilio_cases.mjs build/twilio/node_modules/twilio >src/accounts/sms/twilio_cases.inc
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = process.argv[2];
if (!folder) {
    console.error('usage: tools/make_twilio_cases.mjs FOLDER_OF_TWILIO');
    process.exit(2);
}
const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
const { getExpectedBodyHash, getExpectedTwilioSignature, validateRequest, validateRequestWithBody } = createRequire(import.meta.url)(
    path.resolve(folder, 'lib/webhooks/webhooks.js'));

const token = '0123456789abcdef0123456789abcdef';
const url = 'https://chat.example.com/sms/twilio/status/?id=5f0e2c1a-1111-4222-8333-444455556666';
const report = {
    AccountSid: 'AC00000000000000000000000000000001',
    From: '+15005550006',
    MessageSid: 'SM00000000000000000000000000000001',
    MessageStatus: 'delivered',
    SmsSid: 'SM00000000000000000000000000000001',
    SmsStatus: 'delivered',
    To: '+12025550100',
};
const sign = (signedUrl, params, key = token) => getExpectedTwilioSignature(key, signedUrl, params);
const form = (params) => new URLSearchParams(Object.entries(params).flatMap(([name, value]) => [value].flat().map((one) => [name, one]))).toString();
const json = '{"MessageSid":"SM00000000000000000000000000000001"}';
const hashed = `${url}&bodySHA256=${getExpectedBodyHash(json)}`;

// what, and what differs from a report that is right: `params` posted, `signed` and `signedUrl` when it was signed, `key`, `signature`.
const cases = [
    ['a report', {}],
    ['the last one of a text that did not arrive', { params: { ...report, MessageStatus: 'undelivered', ErrorCode: '30003', RawDlrDoneDate: '2611292045' } }],
    ['signed with the usual port', { signedUrl: url.replace('.com/', '.com:443/') }],
    ['given with the usual port, signed without', { url: url.replace('.com/', '.com:443/'), signedUrl: url }],
    ['given with another port, signed with it', { url: url.replace('.com/', '.com:8443/'), signedUrl: url.replace('.com/', '.com:8443/') }],
    ['given with another port, signed without', { url: url.replace('.com/', '.com:8443/'), signedUrl: url }],
    ['plain http, signed with its usual port', { url: url.replace('https:', 'http:'), signedUrl: url.replace('https://chat.example.com/', 'http://chat.example.com:80/') }],
    ['an address in brackets', { url: 'http://[2001:db8::7]:8000/sms/twilio/status/' }],
    ['no query', { url: url.split('?')[0] }],
    ['fields that nobody knows, in any order', { params: { zeta: '1', Alpha: '2', alpha: '3', ...report } }],
    ['values with spaces at their ends, signs and letters', { params: { ...report, Body: '  ä & = + % \u{1F600} \n' } }],
    ['empty values', { params: { ...report, ErrorCode: '', ErrorMessage: '' } }],
    ['a field with several values', { params: { ...report, MediaUrl: ['b', 'a', 'b'] } }],
    ['no field at all', { params: {} }],
    ['a body that is no form', { url: hashed, body: json, signed: {} }],
    ['another body than the hash is of', { url: hashed, body: json.replace('SM', 'MM'), signed: {} }],
    ['another token', { key: 'f'.repeat(32) }],
    ['another status than was signed', { params: { ...report, MessageStatus: 'failed' }, signed: report }],
    ['a field more than was signed', { params: { ...report, ErrorCode: '30003' }, signed: report }],
    ['another id than was signed', { url: url.replace('5f0e', '6f0e'), signedUrl: url }],
    ['another host than was signed', { url: url.replace('chat.', 'evil.'), signedUrl: url }],
    ['a signature that was cut', { cut: true }],
    ['no signature', { signature: '' }],
];

const text = (value) => {
    const escaped = Buffer.from(value, 'utf8').reduce((out, byte) => {
        const character = String.fromCharCode(byte);
        if (character === '"' || character === '\\') return `${out}\\${character}`;
        return byte >= 0x20 && byte < 0x7f ? out + character : `${out}\\${byte.toString(8).padStart(3, '0')}`;
    }, '');
    return `"${escaped}"`;
};

console.log(`// What npm's twilio ${version} says of reports and their signatures. Made by tools/make_twilio_cases.mjs; see there.`);
for (const [what, given] of cases) {
    const posted = given.params ?? report;
    const body = given.body ?? form(posted);
    const at = given.url ?? url;
    let signature = given.signature ?? sign(given.signedUrl ?? at, given.signed ?? posted, given.key);
    if (given.cut) signature = signature.slice(0, -2);
    const isRight = given.body ? validateRequestWithBody(token, signature, at, body) : validateRequest(token, signature, at, posted);
    console.log(`{${text(what)}, ${text(at)}, ${text(body)}, ${given.body ? 'false' : 'true'}, ${text(signature)}, ${isRight}},`);
}
