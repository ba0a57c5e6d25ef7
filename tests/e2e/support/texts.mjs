// Words of ten scripts, each with what is hard about it.
const words = {
    arabic: 'مرحبا كيف حالك اليوم؟ السَّلَامُ عَلَيْكُم كتاب ١٢٣ جميل، لأنّ الذكاء الاصطناعي',
    hindi: 'नमस्ते क्या हाल है? क्षत्रिय ज्ञान श्रीमान् हिन्दी में विद्यार्थी कृपया १२३ उत्तर',
    chinese: '你好，世界！ 今天 天气 怎么样？ 人工智能 繁體 龍 𠮷野家 𪚥 请 回答',
    japanese: 'こんにちは カタカナ 漢字 ｶﾞｷﾞｸﾞ 「引用」 が か\u3099 東京タワー です。 𩸽',
    hebrew: 'שָׁלוֹם עולם מה שלומך? \u200fאבג\u200f 123 "ציטוט" בְּרֵאשִׁית (סוגריים) עברית',
    thai: 'สวัสดี ครับ น้ำ กำลัง ภาษาไทย ไม่มีช่องว่าง ที่นี่ ๑๒๓ เก้าอี้ ผู้ใหญ่',
    korean: '안녕하세요 \u1112\u1161\u11ab\u1100\u1173\u11af 한국어 ㄱㄴㄷ 세종대왕 괜찮아요? 뷁 대한민국',
    russian: 'Привет, как дела? Ёлка подъезд объём «кавычки» Съешь ещё этих мягких французских булок',
    emoji: '👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇯🇵 ❤️‍🔥 1️⃣ 🧑🏿‍🚀 😀 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🫱🏻‍🫲🏿 ok',
    combining: 'e\u0301te\u0301 n\u0303 Z\u0351\u0343\u0346a\u0334l\u0335g\u0336o\u0337 Vie\u0323\u0302t o\u0308\u0304 \u0915\u094d\u200d A\u030a \u1e9b\u0323 fi\u0301n',
};

export const scripts = Object.fromEntries(Object.entries(words).map(([name, text]) => [name, text.split(' ')]));

// A few words to a few lines.
export function sentence(random, script, wordsMax = 24) {
    const separators = [' ', ' ', ' ', ' ', '\n', ', ', '  '];
    let text = random.pick(scripts[script]);
    for (let count = random.below(wordsMax); count > 0; --count) text += random.pick(separators) + random.pick(scripts[script]);
    return text;
}

// What the simulator answers to these turns when it has no plan (sims/README.md): the digest is FNV-1a over "role:text\n".
export function echo(turns, system) {
    let hash = 14695981039346656037n;
    for (const byte of Buffer.from(turns.map(({ role, text }) => `${role}:${text}\n`).join(''))) {
        hash = ((hash ^ BigInt(byte)) * 1099511628211n) & 0xffffffffffffffffn;
    }
    const digest = hash.toString(16).padStart(16, '0');
    const systemLine = system ? `${Buffer.byteLength(system)} bytes` : 'none';
    return `**Echo** of turn ${turns.length} (digest ${digest})\n\n> ${turns.at(-1).text}\n\n- system: ${systemLine}\n- end of the echo\n`;
}
