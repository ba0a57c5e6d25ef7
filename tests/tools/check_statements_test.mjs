#!/usr/bin/env node
// Proves that check_statements finds what it is there for: each planted statement must be refused, each right one taken.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tools = dirname(fileURLToPath(import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'pollux_statements_'));
mkdirSync(join(project, 'src', 'chat'), { recursive: true });
cpSync(join(tools, '../../migrations'), join(project, 'migrations'), { recursive: true });

writeFileSync(join(project, 'src', 'chat', 'right_store.cpp'), 'constexpr db::Sql right_sql = "select 1 from rooms where user_id = $1";');

let passed = 0;
let failed = 0;

function expectCode(outcome, code) {
    writeFileSync(join(project, 'src', 'chat', 'a_store.cpp'), code);
    const run = spawnSync(process.execPath, [join(tools, 'check_statements.mjs'), project], { encoding: 'utf8' });
    const seen = run.status === 0 ? 'taken' : /^complaints: /m.test(run.stdout) ? 'refused' : 'broken';
    if (seen === outcome) ++passed;
    else {
        ++failed;
        console.log(`${code}\nwas ${seen}, not ${outcome}\n${run.stdout}${run.stderr}`);
    }
}
const expect = (outcome, sql) => expectCode(outcome, `constexpr db::Sql a_sql = R"sql(\n${sql}\n)sql";\n`);

expect('taken', 'select content from messages where id = $1 and user_id = $2');
expect('refused', 'select content from messages where id = $1');
expect('refused', 'select user_id from messages where id = $1');
expect('refused', 'select content from messages where id = $1 or user_id = $2');
expect('refused', 'select content from messages where (id = $1 or user_id = $2)');
expect('refused', 'select content from messages where user_id <> $2');
expect('refused', 'select content from messages where user_id = 7');
expect('refused', 'select content from messages where user_id = room_id');
expect('refused', "select case when user_id = $1 then content end from messages where id = $2");
expect('refused', 'select content from messages where id = $1 order by user_id = $2');
expect('refused', 'update messages set user_id = $2 where id = $1');
expect('taken', "update messages set status = 'x' where user_id = $2 and id = $1 returning id");
expect('refused', 'delete from jobs where message_id = $1');
expect('taken', 'delete from jobs where message_id = $1 and user_id = $2');
expect('taken', 'select m.id from jobs j join messages m on m.user_id = j.user_id and m.id = j.message_id where j.user_id = $1');
expect('refused', 'select m.id from jobs j join messages m on m.id = j.message_id where j.user_id = $1');
expect('refused', 'select m.id from jobs j join messages m on m.user_id = j.user_id and m.id = j.message_id where j.room_id = $1');
expect('refused', 'select m.id from jobs j join messages m on m.id = j.message_id where user_id = $1');
expect('refused', 'select m.id from jobs j, messages m where m.user_id = $1 and m.id = j.message_id');
expect('refused', 'select a.id from messages a join messages b on b.id = a.reply_to where a.user_id = $1');
expect('taken', 'select a.id from messages a join messages b on b.user_id = $1 and b.id = a.reply_to where a.user_id = $1');
expect('taken', 'select u.tier from jobs j join users u on u.id = j.user_id join plans p on p.name = u.tier where j.user_id = $1');
expect('refused', 'select u.tier from jobs j join users u on u.name = j.kind where j.user_id = $1');
expect('taken', 'select id from users where mobile = $1');
expect('refused', 'select id from users where tier = $1');
expect('refused', 'delete from messages where user_id = $1 and room_id in (select id from rooms where name = $2)');
expect('taken', 'delete from messages where user_id = $1 and room_id in (select id from rooms where name = $2 and user_id = $1)');
expect('refused', 'select coalesce((select count(*) from jobs), 0) from rooms where user_id = $1 and id = $2');
expect('taken', 'select 1 from rooms r where r.user_id = $1 and not exists (select 1 from jobs j where j.user_id = r.user_id and j.room_id = r.id)');
expect('refused', 'select 1 from rooms r where r.user_id = $1 and not exists (select 1 from jobs j where j.room_id = r.id)');
expect('refused', 'select n.a from (select max(attempt) as a from reply_parts where reply_id = $1) n');
expect('refused', 'with parts as (delete from reply_parts where reply_id = $1) delete from jobs where user_id = $2 and message_id = $1');
expect('refused', 'insert into ended_sessions (session_id, user_id, ended_at) select id, user_id, ended_at from sessions where ended_at = $1');
expect('taken', 'insert into ended_sessions (session_id, user_id, ended_at) select id, user_id, ended_at from sessions where user_id = $1');
expect('refused', 'insert into usage_days (day, used) values ($1, $2)');
expect('refused', 'insert into idempotency_keys (user_id, key) values ($1, $2) on conflict (key) do nothing');
expect('taken', 'insert into idempotency_keys (user_id, key) values ($1, $2) on conflict (user_id, key) do update set key = excluded.key');
expect('taken', 'select 1 from one_time_codes where mobile_key = $1');
expect('refused', 'select 1 from rooms where user_id = $1 and id = $2)');
expectCode('taken', 'constexpr db::Sql ready_scan_sql = "select 1 from jobs";');
expectCode('refused', 'constexpr db::Sql a_sql = "select 1 from " "jobs";');
expectCode('refused', 'constexpr db::Sql a_sql{"select 1 from jobs where user_id = $1", "select 1 from jobs for update"};');
expectCode('refused', '#define JOBS(what) \\\n    "select " what " from jobs"\nconstexpr db::Sql a_sql{JOBS("id")};');
expectCode('refused', 'constexpr db::Sql a_sql = text;');
expectCode('refused', 'void f() { database.read("select 1 from jobs where user_id = $1"); }');
expectCode('refused', 'constexpr std::string_view text = "select 1 from jobs";');
expectCode('taken', '// select 1 from jobs\nconstexpr db::Sql a_sql = "select 1 from plans";');

// Whose a table is says SQLite, not the text of a migration.
const migration = (script) => writeFileSync(join(project, 'migrations', '9000_more.sql'), `-- works-with: 1\n${script}\n`);
migration('create table notes (id {{identity}}, text text);\nalter table notes add column user_id bigint;');
expect('refused', 'select text from notes where id = $1');
expect('taken', 'select text from notes where id = $1 and user_id = $2');
migration('create table papers (id {{identity}}, user_id bigint);\nalter table papers rename to notes;');
expect('refused', 'select text from notes where id = $1');
migration("create table notes (id {{identity}}, about text default 'user_id'); -- No user_id.");
expect('taken', 'select about from notes where id = $1');
migration('create table papers (id {{identity}}, user_id bigint);\ndrop table papers;\ncreate table papers (id {{identity}}, text text);');
expect('taken', 'select text from papers where id = $1');
migration('create table notes (id {{identity}};');
expect('refused', 'select 1 from plans');

rmSync(project, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
