#!/usr/bin/env node
// Checks every SQL statement under src/ (but src/db): what reads or changes rows of a table that belongs to users names the user, so that
// it goes to one shard. In each scope of a statement every such table needs its user_id set equal to a parameter, directly or
// by way of other tables' (`a.user_id = b.user_id and b.user_id = $1`); for `users` it is the id, or the number. What looks at many users
// by design is called ..._scan_sql. Tables that belong to users are those that have a user_id once all migrations are done.
// Takes the project's folder as its argument (for its own test); "." by default.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const project = process.argv[2] ?? '.';
const complaints = [];
const complain = (where, what) => complaints.push(`${where}: ${what}`);

const owned = ownedTables();

// --- C++: the statements ---------------------------------------------------------------------------------------------------------

const cppToken = /\/\/[^\n]*|\/\*[^]*?\*\/|R"(\w*)\(([^]*?)\)\1"|"((?:[^"\\\n]|\\.)*)"|'(?:[^'\\\n]|\\.)+'|[A-Za-z_]\w*|\d[\w']*|\S/g;

function cppTokens(text) {
    const tokens = [];
    for (const match of text.matchAll(cppToken)) {
        const [whole, , raw, plain] = match;
        if (/^\/[/*]/.test(whole)) continue;
        const isString = raw !== undefined || plain !== undefined;
        const value = raw ?? plain?.replace(/\\n/g, '\n').replace(/\\(.)/g, '$1');
        tokens.push({ isString, text: isString ? value : whole, line: text.slice(0, match.index).split('\n').length });
    }
    return tokens;
}

// #define NAME body and #define NAME(parameter) body, joined over continued lines.
function takeMacros(text, macros) {
    return text.replace(/^[ \t]*#define (\w+)(?:\((\w+)\))?((?:[^\n\\]|\\\n|\\.)*)$/gm, (whole, name, parameter, body) => {
        macros.set(name, { parameter, tokens: cppTokens(body.replace(/\\\n/g, ' ')) });
        return whole.replace(/[^\n]/g, ' ');
    });
}

function expand(tokens, macros) {
    const result = [];
    for (let at = 0; at < tokens.length; ++at) {
        const macro = tokens[at].isString ? undefined : macros.get(tokens[at].text);
        if (!macro) {
            result.push(tokens[at]);
            continue;
        }
        let argument = [];
        if (macro.parameter) {
            const end = tokens.findIndex((token, index) => index > at && token.text === ')' && !token.isString);
            argument = tokens.slice(at + 2, end);
            at = end;
        }
        const body = macro.tokens.flatMap((token) => (!token.isString && token.text === macro.parameter ? argument : [token]));
        result.push(...expand(body, macros));
    }
    return result;
}

const namesOwnedTable = (text) => new RegExp(`\\b(from|into|join|update)\\s+(${[...owned].join('|')})\\b`, 'i').test(text);

// Every `db::Sql name = "..." "...";` and `db::Sql name{"...", "..."};`, each form by itself.
function statementsOf(path, macros) {
    const tokens = cppTokens(takeMacros(readFileSync(join(project, path), 'utf8'), macros));
    const statements = [];
    for (let at = 0; at < tokens.length; ++at) {
        const isDefinition = tokens[at].text === 'Sql' && !tokens[at].isString && /^\w+$/.test(tokens[at + 1]?.text ?? '') &&
            ['=', '{'].includes(tokens[at + 2]?.text);
        if (isDefinition) {
            const end = tokens.findIndex((token, index) => index > at && token.text === ';' && !token.isString);
            const forms = [''];
            for (const token of expand(tokens.slice(at + 3, end), macros)) {
                if (token.isString) forms[forms.length - 1] += token.text;
                else if (token.text === ',') forms.push('');
                else if (token.text !== '}' && token.text !== '{') complain(`${path}:${token.line}`, `a statement must be literals, not ${token.text}`);
            }
            for (const sql of forms) statements.push({ where: `${path}:${tokens[at].line}`, name: tokens[at + 1].text, sql });
            at = end;
        } else if (tokens[at].isString && namesOwnedTable(tokens[at].text)) {
            complain(`${path}:${tokens[at].line}`, 'a statement without a name: write `constexpr db::Sql name = ...;`');
        }
    }
    return statements;
}

// --- SQL: the tables and what binds them -----------------------------------------------------------------------------------------

const sqlToken = /'(?:[^']|'')*'|"[^"]*"|\$\d+|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?|\d+|->>|<>|<=|>=|\|\||::|\S/g;

// Nested arrays for what stands in brackets.
function sqlTree(sql) {
    const stack = [[]];
    for (const [token] of sql.matchAll(sqlToken)) {
        if (token === '(') stack.push([]);
        else if (token === ')') {
            const group = stack.pop();
            stack.at(-1).push(group);
        } else stack.at(-1).push(/^[A-Za-z_]/.test(token) ? token.toLowerCase() : token);
    }
    if (stack.length !== 1) throw new Error('its brackets do not match');
    return stack[0];
}

const endsOfConditions = new Set(['where', 'on', 'group', 'order', 'limit', 'returning', 'join', 'left', 'inner', 'cross', 'for', 'set', 'from', 'do', 'select',
    'union', 'having', 'values']);
const notAliases = new Set([...endsOfConditions, 'as', 'using', 'and', 'or', 'default', 'natural', 'right', 'full', 'conflict']);
const isQuery = (group) => ['select', 'insert', 'update', 'delete', 'with'].includes(group[0]);

class Statement {
    constructor(owned) {
        this.owned = owned;
        this.parents = new Map();
        this.terms = 0;
        this.used = []; // Of tables that belong to users: {table, term}.
        this.problems = [];
    }

    find(term) {
        while (this.parents.has(term)) term = this.parents.get(term);
        return term;
    }
    join(a, b) {
        const [rootA, rootB] = [this.find(a), this.find(b)];
        if (rootA !== rootB) this.parents.set(rootA, rootB);
    }

    check(sql) {
        this.scope(sqlTree(sql), []);
        for (const { table, term } of this.used) {
            if (this.find(term) !== this.find('bound')) this.problems.push(`${table} without its user`);
        }
        return this.problems;
    }

    // `outer`: the tables of the queries around this one, innermost last.
    scope(tokens, outer) {
        const tables = this.tablesOf(tokens);
        const around = [...outer, tables];
        if (tokens.some((token, at) => token === 'or' && this.isInCondition(tokens, at))) this.problems.push('an OR beside its conditions: put brackets around it');
        for (let at = 0; at < tokens.length; ++at) {
            if (tokens[at] === 'where' || tokens[at] === 'on') this.conditions(tokens, at + 1, around);
        }
        this.inner(tokens, around);
        if (tokens[0] === 'insert') this.insertion(tokens);
    }

    inner(tokens, around) {
        for (const token of tokens) {
            if (!Array.isArray(token)) continue;
            if (isQuery(token)) this.scope(token, around);
            else this.inner(token, around);
        }
    }

    tablesOf(tokens) {
        const tables = new Map();
        for (let at = 0; at < tokens.length; ++at) {
            const isSource = tokens[at] === 'from' || tokens[at] === 'join' || (tokens[at] === 'update' && at === tokens.findIndex((t) => t === 'update') &&
                !['do', 'for', 'key'].includes(tokens[at - 1]));
            if (!isSource) continue;
            let next = at + 1;
            const name = tokens[next];
            ++next;
            if (Array.isArray(tokens[next])) ++next; // A function's arguments.
            if (tokens[next] === 'as') ++next;
            const hasAlias = typeof tokens[next] === 'string' && /^[a-z_]\w*$/.test(tokens[next]) && !notAliases.has(tokens[next]);
            const alias = hasAlias ? tokens[next++] : name;
            if (Array.isArray(tokens[next]) && hasAlias) ++next; // The columns of a function's rows.
            if (tokens[next] === ',') this.problems.push('a list of tables after FROM: write JOIN');
            const term = `${alias} #${++this.terms}`;
            const isOwned = typeof name === 'string' && this.owned.has(name);
            tables.set(String(alias), { table: isOwned ? name : null, term });
            if (isOwned) this.used.push({ table: name, term });
        }
        return tables;
    }

    isInCondition(tokens, at) {
        for (let before = at - 1; before >= 0; --before) {
            if (tokens[before] === 'where' || tokens[before] === 'on') return true;
            if (endsOfConditions.has(tokens[before])) return false;
        }
        return false;
    }

    conditions(tokens, from, around) {
        let condition = [];
        for (let at = from; ; ++at) {
            const isEnd = at >= tokens.length || (typeof tokens[at] === 'string' && endsOfConditions.has(tokens[at]));
            if (isEnd || tokens[at] === 'and') {
                this.condition(condition, around);
                condition = [];
                if (isEnd) return;
            } else {
                condition.push(tokens[at]);
            }
        }
    }

    condition(tokens, around) {
        if (tokens.length !== 3 || tokens[1] !== '=') return;
        const [left, right] = [this.term(tokens[0], around), this.term(tokens[2], around)];
        if (left && right) this.join(left, right);
    }

    // What a side of an equation stands for: a parameter, the user of a table, or nothing of interest.
    term(token, around) {
        if (typeof token !== 'string') return null;
        if (token.startsWith('$')) return 'bound';
        const [first, second] = token.split('.');
        const column = second ?? first;
        for (const tables of around.toReversed()) {
            if (second === undefined && tables.size > 1 && column === 'user_id') this.problems.push('user_id of which table?');
            const known = second === undefined ? (tables.size === 1 ? [...tables.values()][0] : undefined) : tables.get(first);
            if (!known) {
                if (second === undefined && tables.size > 0) return null;
                continue;
            }
            const isUser = column === 'user_id' || (known.table === 'users' && (column === 'id' || column === 'mobile'));
            return isUser && known.table ? known.term : null;
        }
        return null;
    }

    insertion(tokens) {
        const table = tokens[2];
        if (!this.owned.has(table) || table === 'users') return;
        if (!Array.isArray(tokens[3]) || !tokens[3].includes('user_id')) this.problems.push(`an insert into ${table} without user_id`);
        const at = tokens.indexOf('conflict');
        if (at > 0 && (!Array.isArray(tokens[at + 1]) || !tokens[at + 1].includes('user_id'))) this.problems.push(`a conflict of ${table} without user_id`);
    }
}

// --- All of them -----------------------------------------------------------------------------------------------------------------

function files(folder) {
    return readdirSync(join(project, folder), { recursive: true }).map((name) => join(folder, name)).sort();
}

// SQLite itself says which: the migrations are run in an empty database.
function ownedTables() {
    const scripts = files('migrations').filter((path) => /^\w+(\.sqlite)?\.sql$/.test(basename(path)));
    const schema = scripts.map((path) => readFileSync(join(project, path), 'utf8')).join('\n');
    const question = "select m.name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and c.name = 'user_id';";
    const input = `${schema.replaceAll('{{identity}}', 'integer primary key autoincrement').replaceAll('now_us()', '0')}\n${question}`; // Pollux's own.
    const run = spawnSync('sqlite3', ['-batch', '-bail', ':memory:'], { input, encoding: 'utf8' });
    if (run.status !== 0) complain('migrations', `SQLite does not take them: ${run.stderr ?? run.error}`);
    return new Set(['users', ...(run.stdout ?? '').split('\n').filter((name) => name !== '')]);
}

const sources = files('src').filter((path) => /\.[ch]pp$/.test(path) && !/_test\.cpp$/.test(path) && !path.startsWith(join('src', 'db')));
const macros = new Map();
for (const path of sources.filter((name) => name.endsWith('.hpp'))) takeMacros(readFileSync(join(project, path), 'utf8'), macros);

let checked = 0;
let scans = 0;
for (const path of sources) {
    for (const { where, name, sql } of statementsOf(path, new Map(macros))) {
        if (name.endsWith('_scan_sql')) {
            ++scans;
            continue;
        }
        ++checked;
        try {
            for (const problem of new Statement(owned).check(sql)) complain(where, `${name}: ${problem}`);
        } catch (failure) {
            complain(where, `${name} cannot be read: ${failure.message}`);
        }
    }
}
if (owned.size < 5) complain('migrations', 'hardly any table has a user_id');
if (checked === 0) complain('src', 'no statement was found');
for (const line of complaints) console.log(line);
if (complaints.length > 0) {
    console.log(`complaints: ${complaints.length}`);
    process.exitCode = 1;
} else {
    console.log(`${checked} statements name their user or need none; ${scans} look at many by design`);
}
