// Users for tests, and what they write.
let lastMobile = 2_000_000_000 + (process.pid % 100_000) * 10_000;

// Signs a new user up and in. Needs a server that gives its codes away (debug).
export async function signIn(pollux) {
    const mobile = `+1${++lastMobile}`;
    await pollux.signUp({ mobile, password: 'a-long-pass-word-7' });
    const { otp, challenge } = await pollux.sendCode({ mobile, purpose: 'login' });
    await pollux.verifyCode({ mobile, purpose: 'login', code: otp, challenge });
    return pollux;
}

// What the demo model quotes back: characters of one to four bytes.
const words = ['héllo', '你好', '😀🎉', 'Ñandú', 'plain', 'שלום', '🇩🇪', 'مرحبا', '€42', 'a\u0301'];
export const question = (random, number) => `${number}: ${Array.from({ length: 4 + random.below(8) }, () => random.pick(words)).join(' ')}`;

// Places at which a reply's connections are cut: 0 to 5 of them, anywhere.
export function cutsOf(random) {
    const cut = () => ({ bytes: 1 + random.below(random.chance(0.3) ? 250 : 1200), how: random.chance(0.3) ? 'end' : 'reset' });
    return Array.from({ length: random.below(6) }, cut);
}
