// The checker of tests/chaos finds every planted bug, and nothing in a history that is right.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { check } from '../chaos/checker.mjs';
import { bugs, goodHistory } from '../chaos/planted.mjs';

test('a good history has no problems', () => assert.deepEqual(check(goodHistory()), []));

for (const [name, kind, plant] of bugs) {
    test(`planted: ${name}`, () => {
        const history = goodHistory();
        plant(history);
        const problems = check(history);
        assert.ok(problems.some((problem) => problem.startsWith(`${kind}:`)), `expected ${kind}, got ${JSON.stringify(problems)}`);
    });
}
