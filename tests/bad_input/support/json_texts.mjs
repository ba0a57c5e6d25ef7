// Texts that RFC 8259 rejects, texts that it accepts, and texts whose grammar is right but which we refuse all the same because
// readers disagree about what they mean. The tables are our own; json_texts.test.mjs checks them against a second parser.
const bytes = (...values) => Buffer.from(values);

// "..." around these bytes, which are no UTF-8 (RFC 3629).
const quoted = (...values) => Buffer.concat([bytes(0x22), bytes(...values), bytes(0x22)]);

const nothing = ['', ' ', '\n', '\t \r\n'];

const literals = [
    'nul', 'NULL', 'Null', 'nulll', 'null null', 'nullnull', 'True', 'TRUE', 'tru', 'truth', 'truefalse', 'False', 'fals', 'falsey',
    'undefined', 'NaN', '-NaN', 'Infinity', '-Infinity', '+Infinity', 'inf', 'None', 'nil', 'yes', 'on', 'abc', '\u2026', 'null,', ',null',
    'null;', '(null)', '<null>', '$', '@', '*', '\\', '&', '!true', 'n ull',
];

const numbers = [
    '00', '01', '-01', '007', '-', '--1', '+1', '+0', '- 1', '1.', '-1.', '0.', '.1', '-.1', '.', '1.e1', '1..2', '1.2.3', '1e', '1E', '1e+',
    '1e-', '1e+-1', '1e1.0', '1e1e1', '1 e1', '1e 1', '1 .5', '0x10', '0xg', '0b1', '0o7', '1_000', '1,000', '1 000', '1f', '1L', '10n', '1%',
    '1/2', '1-1', '1+1', '\u0661', '\uff11', '\u00bd', '1\u00a0', '\u221e', '0e', '2.e3', '1.5.', '0x1p3', '1\u0000',
];

const strings = [
    '"', '"abc', 'abc"', '"""', "'abc'", '`abc`', '\u201cabc\u201d', '"a" "b"', '"a""b"', '"a"+"b"', '"a"b', '"\\"', '"\\', '"a\\',
    '"\n"', '"\r"', '"\t"', '"\u0000"', '"\u0001"', '"\u001f"', '"a\nb"', '"\\\n"', '"\\x41"', '"\\a"', '"\\v"', '"\\0"', '"\\\'"', '"\\ "',
    '"\\e"', '"\\u"', '"\\u1"', '"\\u12"', '"\\u123"', '"\\u12G4"', '"\\u 041"', '"\\u-041"', '"\\u+041"', '"\\u00 41"', '"\\U0041"',
    '"\\u{41}"', '"\\u\uff10041"', '"\\N"', '"\\\u00e9"', '"\\u0041', '"\\uD83D\\u"', '"\\uD83D\\uDE0"',
];

const arrays = [
    '[', ']', '[1', '1]', '[1,]', '[,1]', '[,]', '[1,,2]', '[1,2,]', '[1 2]', '[1:2]', '[1;2]', '[[1]', '[1]]', '[1}', '[(1)]', '[1]1', '[1],',
    '[1] [2]', '[1][2]', '[-]', '[1e]', '[+1]', '[.5]', '[1.]', '[01]', "['a']", '[a]', '[NaN]', '[undefined]', '[1 /* c */]', '[1 // c\n]',
    '# c\n[1]', '[...1]', '[1 ... 3]', '[\v1]', '[\f1]', '[\u00a01]', '[\u20281]', '[\u30001]', '[\ufeff1]', '[1\u0000]', '["a]', '["\\"]',
    '[1,\n2\n,', '[[[[[[[[', ']]]]', '[}', '[{]}', '[{"a":1]}', '[1,2,3', '[true false]', '["a" "b"]', '[,', '[nul]',
];

const objects = [
    '{', '}', '{}}', '{{}}', '{{', '{]', '{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}', '{,}', '{"a":1,,"b":2}', '{"a" 1}', '{"a"=1}', '{"a"=>1}',
    '{a:1}', "{'a':1}", '{`a`:1}', '{1:1}', '{null:1}', '{true:1}', '{[]:1}', '{{}:1}', '{"a":1 "b":2}', '{"a":1;"b":2}', '{"a"::1}',
    '{"a":1:2}', '{"a":"b":"c"}', '{"a","b":1}', '{:1}', '{"a":1', '{"a":"1', '{"a', '{"a":', '{"a":1}}', '{"a":1]', '{"a":1}{"b":2}',
    '{"a":1},', '{"a":1} x', '{"a":1}/* c */', '{"a":1}// c', '{"a":1}# c', '/* c */{"a":1}', '// c\n{"a":1}', '{"a":/* c */1}',
    '{"a"/* c */:1}', '{"a":1}\u0000', '\u0000{"a":1}', '{"a":1}\n{"b":2}', '({"a":1})', '{"a":1}.', '{"a":1};', '{"a":undefined}',
    '{"a":NaN}', '{"a":-Infinity}', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":0x1F}', "{\"a\":'b'}", '{"a":b}', '{"a":tru}',
    '{"a":"\n"}', '{"a":"\\x"}', '{"a\n":1}', '{"a\\q":1}', '{"a":[}', '{"a":[1,}', '{"a":{}', '{"a":1,"b"}', '{"a":1,b:2}', '{"a":"b}',
    '{\u00a0"a":1}', '{"a"\u2003:1}', '{...{"a":1}}', '{["a"]:1}', '{get a(){}}', '{"a":function(){}}', '{"a":new Date()}',
];

const otherFormats = [
    '<a>1</a>', '<?xml version="1.0"?><a/>', 'a=1&b=2', 'a: 1', '--- {a: 1}', '%7B%22a%22%3A1%7D', 'eyJhIjoxfQ==', 'callback({"a":1})',
    'var a = {"a":1}', 'while(1);{"a":1}', ")]}',\n{\"a\":1}", '\u001e{"a":1}\n', '{"a":1}\u001e', 'data: {"a":1}\n\n', '5\r\n{"a":1}', '(a 1)',
    'a\tb\n1\t2', '[a]\nb=1', '\u001f\u008b\u0008', '%PDF-1.7', 'GET / HTTP/1.1',
];

const notUtf8 = [
    quoted(0x80), quoted(0xbf), quoted(0xc0, 0x80), quoted(0xc1, 0xbf), quoted(0xc2), quoted(0xc2, 0x41), quoted(0xe0, 0x80, 0x80),
    quoted(0xe0, 0x9f, 0xbf), quoted(0xe2, 0x82), quoted(0xe2, 0x28, 0xa1), quoted(0xed, 0xa0, 0x80), quoted(0xed, 0xbf, 0xbf),
    quoted(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80), quoted(0xf0, 0x80, 0x80, 0x80), quoted(0xf0, 0x8f, 0xbf, 0xbf), quoted(0xf0, 0x9f, 0x98),
    quoted(0xf0, 0x28, 0x8c, 0xbc), quoted(0xf4, 0x90, 0x80, 0x80), quoted(0xf5, 0x80, 0x80, 0x80), quoted(0xf8, 0x88, 0x80, 0x80, 0x80),
    quoted(0xfc, 0x84, 0x80, 0x80, 0x80, 0x80), quoted(0xfe), quoted(0xff), quoted(0xe9), quoted(0x61, 0xe4, 0x62),
    Buffer.concat([Buffer.from('{"a'), bytes(0xff), Buffer.from('":1}')]), bytes(0xff), Buffer.concat([Buffer.from('{}'), bytes(0xff)]),
];

const otherEncodings = [
    Buffer.from('\ufeff\ufeff{"a":1}'), Buffer.from('\ufeff'), Buffer.from('{"a":1}\ufeff'), Buffer.from('{"a":1}', 'utf16le'),
    Buffer.from('\ufeff{"a":1}', 'utf16le'), Buffer.from('{"a":1}', 'utf16le').swap16(), bytes(0x7b, 0, 0, 0, 0x7d, 0, 0, 0),
    bytes(0xfe, 0xff, 0, 0x7b, 0, 0x7d),
];

export const rejected = [
    ...nothing, ...literals, ...numbers, ...strings, ...arrays, ...objects, ...otherFormats, ...notUtf8, ...otherEncodings,
];

const nested = (depth, open = '[', close = ']', core = '') => open.repeat(depth) + core + close.repeat(depth);

const acceptedScalars = [
    'null', 'true', 'false', ' null', 'true\n', '\t\r\n false \t', '0', '-0', '1', '-1', '10', '1.5', '-1.5', '0.0', '-0.0', '0.000001', '1e1',
    '1E1', '1e+1', '1e-1', '1E+05', '0e0', '0E-0', '1.0e10', '123456789', '9007199254740993', '9223372036854775807', '9223372036854775808',
    '-9223372036854775808', '-9223372036854775809', '18446744073709551615', '18446744073709551616', '1e308', '1e400', '-1e400', '1e-400', '1e2147483648', '1e99999999999999999999',
    '0.1000000000000000055511151231257827', `1${'0'.repeat(300)}`, `0.${'1'.repeat(300)}`,
];

const acceptedStrings = [
    '""', '"a"', '" "', '"\\""', '"\\\\"', '"\\/"', '"/"', '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\u001f"', '"\\u0041"', '"\\u00e9"', '"\\u00E9"',
    '"\\uD83D\\uDE00"', '"\\ud83d\\ude00"', '"\\uFFFE"', '"\\u2028"', '"\u00e9"', '"\u65e5\u672c"', '"\u{1f600}"', '"\u2028\u2029"',
    '"\u007f"', '"\u0080"', '"\ufeff"', '"\uffff"', '"\u{10ffff}"', '"\u202e"', '"// no comment"', '"/* nor this */"', '"{\\"a\\":1}"',
];

const acceptedArrays = [
    '[]', '[ ]', '[\n]', '[1]', '[1,2]', '[ 1 , 2 ]', '[1\n,\t2\r]', '[[]]', '[{}]', '[null,true,false,0,"",[],{}]', '["",""]', '[[1],[2]]',
    nested(32), `[${'1,'.repeat(999)}1]`,
];

const acceptedObjects = [
    '{"a":1}', '{"":0}', '{" ":0}', '{"a":{}}', '{"a":[]}', '{"a":null}', '{"a":{"a":{"a":1}}}', '{"a":1,"b":2}', '{"a":1,"A":2}',
    '{"a":1,"a ":2}', '{"a\\u0000":1}', '{"\\u0061":1}', '{"\u00e9":1,"e\u0301":2}', '{"__proto__":1}', '{"constructor":{"prototype":1}}',
    '{"toString":1}', '{"a.b":1}', '{"$ref":"#"}', '{"$where":"1"}', '{"null":null}', '{"0":0}', '{"\\"":1}', '{"\\\\":1}', '{"\u{1f600}":1}',
    ' {"a" : 1 } ', '\n\t\r {"a"\n:\t1\r}\n', '{"a":1e400}', '{"a":"\\u0000"}', '{"\u202e":1}', '{"a":"\u001b[31m"}'.replace('\u001b', '\\u001b'),
    nested(32, '{"a":', '}', '1'), `{${Array.from({ length: 256 }, (_, index) => `"k${index}":${index}`).join()}}`,
];

// No object without members is among them: to some operations that is a right body.
export const accepted = [...acceptedScalars, ...acceptedStrings, ...acceptedArrays, ...acceptedObjects];

export const emptyObjects = ['{}', ' {} ', '{ }', '{\n\t\r }'];

export const refusedBeyondRfc = [
    '{"a":1,"a":1}', '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"\\u0061":1,"a":2}', '{"\\u0061":1,"\\u0061":2}', '{"a":1,"b":2,"a":3}',
    '{"a":{"b":1,"b":2}}', '[{"a":1,"a":2}]', '{"":1,"":2}', '{"\u00e9":1,"\\u00e9":2}', '{"\\/":1,"/":2}', '{"\\uD83D\\uDE00":1,"\u{1f600}":2}',
    '{"\\u000a":1,"\\n":2}', '{"a":{"a":1},"a":1}', '"\\uD800"', '"\\uDBFF"', '"\\uDC00"', '"\\uDFFF"', '"\\uDE00\\uD83D"', '"\\uD83D\\uD83D"',
    '"\\uD83Dx"', '"x\\uDE00"', '"\\uD83D\\n"', '"\\uD83D\\u0041"', '{"\\uD800":1}', '{"a":"\\uDC00"}', '["\\ud800"]', nested(33), nested(100),
    nested(2_000), nested(33, '{"a":', '}', '1'), nested(500, '[{"a":', '}]', '1'), nested(1_000, '[1,', ']', '1'),
];
