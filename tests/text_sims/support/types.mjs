// What npm's `twilio` and `openai` say an answer is, read from their own .d.ts files, and whether one is like that: every required field
// is there, none is unknown, each is of its type, and words are among those that there are.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const modules = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../node_modules');
const files = {
    message: path.join(modules, 'twilio/lib/rest/api/v2010/account/message.d.ts'),
    completions: path.join(modules, 'openai/resources/chat/completions/completions.d.ts'),
    models: path.join(modules, 'openai/resources/models.d.ts'),
};

const program = ts.createProgram(Object.values(files), {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
});
const checker = program.getTypeChecker();

// Of an interface that its file exports, or keeps to itself.
function interfaceOf(file, name) {
    const source = program.getSourceFile(files[file]);
    const isIt = (symbol) => symbol.name === name;
    const found = checker.getExportsOfModule(checker.getSymbolAtLocation(source)).find(isIt) ?? checker.getSymbolsInScope(source, ts.SymbolFlags.Interface).find(isIt);
    const type = found && checker.getDeclaredTypeOfSymbol(found);
    if (!type || !(type.flags & ts.TypeFlags.Object)) throw new Error(`${files[file]} has no interface ${name}`);
    return type;
}

export const types = {
    message: interfaceOf('message', 'MessageResource'),
    completion: interfaceOf('completions', 'ChatCompletion'),
    chunk: interfaceOf('completions', 'ChatCompletionChunk'),
    model: interfaceOf('models', 'Model'),
};

function complaintsOfPart(value, type, at) {
    const all = type.isUnion() ? type.types : [type];
    // Of the types that it may be, the one it is most like: null and nothing are like themselves alone.
    const some = all.filter((part) => !(part.flags & (ts.TypeFlags.Null | ts.TypeFlags.VoidLike)));
    const parts = value === null || value === undefined || some.length === 0 ? all : some;
    const results = parts.map((part) => complaintsOfOne(value, part, at));
    return results.reduce((best, one) => (one.length < best.length ? one : best));
}

const wrong = (at, value, what) => [`${at} is ${JSON.stringify(value)}, not ${what}`];

function complaintsOfOne(value, type, at) {
    const word = checker.typeToString(type);
    if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return [];
    if (type.flags & ts.TypeFlags.Null) return value === null ? [] : wrong(at, value, 'null');
    if (type.flags & ts.TypeFlags.VoidLike) return value === undefined ? [] : wrong(at, value, 'nothing');
    if (type.isStringLiteral()) return value === type.value ? [] : wrong(at, value, word);
    if (type.flags & ts.TypeFlags.StringLike) return typeof value === 'string' ? [] : wrong(at, value, 'a text');
    if (type.flags & ts.TypeFlags.NumberLike) return typeof value === 'number' ? [] : wrong(at, value, 'a number');
    if (type.flags & ts.TypeFlags.BooleanLike) return String(value) === word || (word === 'boolean' && typeof value === 'boolean') ? [] : wrong(at, value, word);
    if (word === 'Date') return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? [] : wrong(at, value, 'a date');
    if (value === null || typeof value !== 'object') return wrong(at, value, word);
    if (checker.isArrayType(type)) {
        if (!Array.isArray(value)) return wrong(at, value, word);
        return value.flatMap((element, index) => complaintsOfPart(element, checker.getTypeArguments(type)[0], `${at}[${index}]`));
    }
    const map = checker.getIndexTypeOfType(type, ts.IndexKind.String);
    if (map) return Object.entries(value).flatMap(([name, one]) => complaintsOfPart(one, map, `${at}.${name}`));
    return complaintsOfObject(value, type, at);
}

function complaintsOfObject(value, type, at) {
    const complaints = [];
    const known = new Set();
    for (const symbol of checker.getPropertiesOfType(type)) {
        known.add(symbol.name);
        if (value[symbol.name] === undefined) {
            if (!(symbol.flags & ts.SymbolFlags.Optional)) complaints.push(`${at}.${symbol.name} is missing`);
        } else complaints.push(...complaintsOfPart(value[symbol.name], checker.getTypeOfSymbol(symbol), `${at}.${symbol.name}`));
    }
    for (const name of Object.keys(value)) if (!known.has(name)) complaints.push(`${at}.${name} is unknown`);
    return complaints;
}

// What is wrong with a value; [] when nothing is.
export const complaintsOf = (value, type, at = 'answer') => complaintsOfPart(value, type, at);

// The names of all fields of a type.
export const fieldsOf = (type) => checker.getPropertiesOfType(type).map(({ name }) => name);
