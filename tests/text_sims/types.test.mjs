// The judge of answers finds what is wrong with one: else whatever the simulators say would be right.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { complaintsOf, types } from './support/types.mjs';

const chunk = () => ({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'x' }, finish_reason: null }] });

test('a right chunk has no complaint', () => {
    assert.deepEqual(complaintsOf(chunk(), types.chunk), []);
    assert.deepEqual(complaintsOf({ ...chunk(), usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, prompt_tokens_details: { cached_tokens: 0 } } }, types.chunk), []);
});

test('what is missing, unknown, of another type or another word is named', () => {
    for (const [change, complaint] of [
        [(one) => delete one.id, /^answer\.id is missing$/],
        [(one) => delete one.choices[0].finish_reason, /^answer\.choices\[0\]\.finish_reason is missing$/],
        [(one) => (one.choices[0].delta.reasoning = 'x'), /^answer\.choices\[0\]\.delta\.reasoning is unknown$/],
        [(one) => (one.created = '1'), /^answer\.created is "1", not a number$/],
        [(one) => (one.object = 'chat.completion'), /^answer\.object is "chat\.completion", not/],
        [(one) => (one.choices[0].finish_reason = 'tired'), /^answer\.choices\[0\]\.finish_reason is "tired", not/],
        [(one) => (one.choices = {}), /^answer\.choices is \{\}, not/],
        [(one) => (one.choices[0].delta = 'x'), /^answer\.choices\[0\]\.delta is "x", not/],
        [(one) => (one.usage = { prompt_tokens: 1 }), /usage/],
    ]) {
        const one = chunk();
        change(one);
        const complaints = complaintsOf(one, types.chunk);
        assert.ok(complaints.length > 0 && complaints.some((found) => complaint.test(found)), `${complaint}: ${complaints}`);
    }
});

test('a message of Twilio with nothing in it lacks every field', () => {
    assert.equal(complaintsOf({}, types.message).length, 20);
    assert.deepEqual(complaintsOf({ sid: 7 }, types.message).filter((complaint) => complaint.includes('sid is 7')), ['answer.sid is 7, not a text']);
});
