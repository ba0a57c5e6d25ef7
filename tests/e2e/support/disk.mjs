// A small disk (tmpfs) that a test may fill. It needs the right to mount, which not everybody has.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from './process.mjs';

// Whoever is not root has set this machine up by sudo (tools/setup.sh), which may still know them.
const isRoot = process.getuid() === 0;
function asRoot(...words) {
    execFileSync(isRoot ? words[0] : 'sudo', isRoot ? words.slice(1) : ['-n', ...words], { stdio: 'pipe' });
}

const mounted = new Set();
process.on('exit', unmountAll);

function unmountAll() {
    for (const folder of mounted) {
        asRoot('umount', '--lazy', folder);
        mounted.delete(folder);
    }
}

// Why disks cannot be mounted here; null where they can.
export function whyNoDisk() {
    try {
        new SmallDisk(1).unmount();
        return null;
    } catch (failure) {
        return `a tmpfs cannot be mounted here: ${failure.message.trim().split('\n').at(-1)}`;
    }
}

export class SmallDisk {
    #filler;

    // `owner`: a user's name.
    constructor(mebibytes, { folder = temporaryFolder(), owner = null } = {}) {
        this.folder = folder;
        fs.mkdirSync(folder, { recursive: true });
        const id = (flag) => execFileSync('id', [flag, owner], { encoding: 'utf8' }).trim();
        const [user, group] = owner ? [id('-u'), id('-g')] : [process.getuid(), process.getgid()];
        asRoot('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700,uid=${user},gid=${group}`, 'tmpfs', folder);
        mounted.add(folder);
        this.#filler = path.join(folder, 'filler');
    }

    // To the last byte.
    fill() {
        const file = fs.openSync(this.#filler, 'a');
        try {
            for (const size of [1 << 16, 1 << 12, 1]) writeUntilFull(file, Buffer.alloc(size));
        } finally {
            fs.closeSync(file);
        }
    }

    free() {
        fs.rmSync(this.#filler, { force: true });
    }

    unmount() {
        asRoot('umount', '--lazy', this.folder);
        mounted.delete(this.folder);
    }
}

function writeUntilFull(file, bytes) {
    try {
        for (;;) fs.writeSync(file, bytes);
    } catch (failure) {
        if (failure.code !== 'ENOSPC') throw failure;
    }
}
