// The checkers of tests/chaos find every planted bug, and nothing in what is right.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { check } from '../chaos/checker.mjs';
import { checkPayments } from '../chaos/payment_checker.mjs';
import { bugs, goodHistory } from '../chaos/planted.mjs';
import { goodPayments, paymentBugs } from '../chaos/planted_payments.mjs';

for (const [what, checker, good, planted] of [['history', check, goodHistory, bugs], ['payments', checkPayments, goodPayments, paymentBugs]]) {
    test(`good ${what} without a problem`, () => assert.deepEqual(checker(good()), []));

    for (const [name, kind, plant] of planted) {
        test(`planted in ${what}: ${name}`, () => {
            const copy = good();
            plant(copy);
            const problems = checker(copy);
            assert.ok(problems.some((problem) => problem.startsWith(`${kind}:`)), `expected ${kind}, got ${JSON.stringify(problems)}`);
        });
    }
}
