// Clocks that are wrong, of one process and not of the database, by libfaketime where that is installed.
import fs from 'node:fs';

export const faketime = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`).find((file) => fs.existsSync(file));

// For `skip`.
export const noFaketime = faketime ? false : 'libfaketime is not installed';

// The environment of a process whose clock is `clock`: '+3600' is an hour ahead. Waits last as long as ever.
export const skewed = (clock) => ({ LD_PRELOAD: faketime, FAKETIME: clock, FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' });
