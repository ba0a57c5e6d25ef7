// A Prometheus that scrapes each second, with the rules of deploy/alerts.yml in a quicker time: their minutes are seconds, their hours minutes.
import fs from 'node:fs';
import path from 'node:path';

import { Program, freePort, repository, temporaryFolder, until } from '../../e2e/support/process.mjs';
import { unpacked } from '../../e2e/support/services.mjs';

// [5m] -> [5s], for: 1h -> for: 1m. Ranges hold at least some scrapes, or nothing could be computed of them.
function quicker(text) {
    const smaller = { m: 's', h: 'm', d: 'h' };
    const shorter = (amount, unit) => (unit === 'm' ? `${Math.max(Number(amount), 6)}s` : `${amount}${smaller[unit]}`);
    return text.replace(/\[(\d+)([mhd])\]/g, (_, amount, unit) => `[${shorter(amount, unit)}]`).replace(/for: (\d+)([mhd])/g, (_, amount, unit) => `for: ${amount}${smaller[unit]}`);
}

export class Prometheus {
    // `targets`: addresses of metrics.
    static async start(targets) {
        const prometheus = new Prometheus();
        prometheus.folder = temporaryFolder();
        prometheus.port = await freePort();
        const rules = path.join(prometheus.folder, 'alerts.yml');
        fs.writeFileSync(rules, quicker(fs.readFileSync(path.join(repository, 'deploy/alerts.yml'), 'utf8')));
        const config = path.join(prometheus.folder, 'prometheus.yml');
        fs.writeFileSync(config, JSON.stringify({
            global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' }, rule_files: [rules],
            scrape_configs: [{ job_name: 'pollux', static_configs: [{ targets }] }],
        }));
        const args = [`--config.file=${config}`, `--storage.tsdb.path=${prometheus.folder}/data`, `--web.listen-address=127.0.0.1:${prometheus.port}`, '--log.level=warn'];
        prometheus.program = new Program(unpacked('prometheus'), args, { cwd: prometheus.folder, env: { PATH: process.env.PATH } });
        await until('Prometheus', async () => {
            if (prometheus.program.exited) throw new Error(`Prometheus ended: ${prometheus.program.stderr}`);
            return fetch(`http://127.0.0.1:${prometheus.port}/-/ready`).then(({ ok }) => ok, () => false);
        });
        return prometheus;
    }

    // Names of the alerts that are firing now.
    async firing() {
        const { data } = await (await fetch(`http://127.0.0.1:${this.port}/api/v1/alerts`)).json();
        return new Set(data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname));
    }

    fires(name, seconds = 90) {
        return until(`the alert ${name}`, async () => (await this.firing()).has(name), { seconds, everyMs: 300 });
    }

    rests(name, seconds = 90) {
        return until(`no alert ${name} any more`, async () => !(await this.firing()).has(name), { seconds, everyMs: 300 });
    }
}
