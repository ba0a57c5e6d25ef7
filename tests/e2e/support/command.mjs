// `pollux` commands beside a running server, with its folder and its settings: what an operator types.
import { Program, binary } from './process.mjs';

const surroundings = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', METRICS_LISTEN: '', DATA_MAY_VANISH: 'True', LOG_FORMAT: 'json' };

// {code, stdout, said}; `said`: what it complained of, without lines of the log.
export async function command(server, ...args) {
    const program = new Program(binary('pollux'), args, { cwd: server.folder, env: { ...surroundings, ...server.env, LOG_FORMAT: 'json' } });
    const { code } = await program.end;
    const said = program.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    return { code, stdout: program.stdout, said: said.join('\n') };
}
