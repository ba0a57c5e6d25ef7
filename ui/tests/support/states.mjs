// Every page and state, one after another, as a person comes by them: for pictures (tools/screenshots.mjs). `show(name)` is called at each.
import { ask, finished, rested } from './pages.mjs';

// Two models under the names that people know them by, and five messages a day.
export const settings = {
    AI_MODELS: 'gemini:gemini-flash-latest,gemini:gemini-pro-latest',
    AI_MODEL_LABELS: 'gemini:gemini-flash-latest=Gemini Flash|Everyday questions;gemini:gemini-pro-latest=Gemini Pro|Hard problems, long documents',
    BASIC_DAILY_MESSAGES: '5',
};

const fence = '```';
const english = {
    name: 'Nadia',
    question: 'How long does a rain tank of 1.2 m² and 1.5 m take to empty through a 40 mm tap, and does the outlet need to be larger? Show the numbers in a table.',
    thoughts: 'The flow falls with the level, so a constant flow would be wrong. I integrate over the height.\n\n**Comparing outlets**\n\nWith 40 mm it takes 14 minutes; the next size is enough for ten.',
    reply: `Through the present 40 mm tap the tank empties in **about 14 minutes**. A **50 mm outlet** does it in nine.

## How it is worked out

Water leaves faster while the tank is full, so the time follows from

$$t = \\frac{A}{C_d\\,a}\\sqrt{\\frac{2h}{g}}$$

with $A$ for the floor, $a$ for the outlet and $C_d = 0.62$ for a sharp edge.

| Outlet | Time to empty | Peak flow | Note |
|---|--:|--:|---|
| 25 mm | 36.3 min | 1.7 l/s | Too slow |
| 40 mm | 14.2 min | 4.2 l/s | Fitted now |
| 50 mm | 9.1 min | 6.6 l/s | Meets the limit |

## To try other sizes

${fence}python
from math import pi, sqrt

def drain_minutes(floor_m2, outlet_mm, level_m, cd=0.62):
    # Time for the level to fall to the outlet, in minutes.
    outlet_m2 = pi * (outlet_mm / 2000) ** 2
    seconds = floor_m2 / (cd * outlet_m2) * sqrt(2 * level_m / 9.81)
    return round(seconds / 60, 1)
${fence}

## What I would do

- **Go to 50 mm.** One size up is not worth it.
- **Keep the old tap** as a second outlet for the hose.
- **Add a leaf screen.** A half-blocked outlet doubles the time.`,
    second: 'Write that as a checklist I can print, in plain words.',
    checklist: '## Before you start\n\n- [x] Close the tap and put a bucket under it.\n- [ ] Measure the old pipe. It should read 40 mm.\n\n## Fit the larger outlet\n\n- [ ] Open the tap and wait 14 minutes, until the water is below it.\n- [ ] Unscrew the old fitting by hand and keep the seal.',
    others: ['Compare zstd, brotli and gzip', 'Weekly meals in under 20 minutes', 'Explain tides to a ten-year-old', 'Packing list for a rainy week'],
    nothing: 'outlett',
};
const arabic = {
    ...english,
    name: 'ناديا',
    question: 'كم يستغرق تفريغ خزان مياه أمطار مساحته 1.2 م² عبر صنبور 40 مم؟ وهل يلزم مخرج أكبر؟ اعرض الأرقام في جدول.',
    thoughts: 'ينخفض التدفق مع المستوى، فالتدفق الثابت خطأ.\n\n**مقارنة المخارج**\n\nمع 40 مم يستغرق 14 دقيقة.',
    reply: `عبر الصنبور الحالي 40 مم يفرغ الخزان في **نحو 14 دقيقة**، وعبر **مخرج 50 مم** في تسع دقائق.

## كيف حُسب ذلك

$$t = \\frac{A}{C_d\\,a}\\sqrt{\\frac{2h}{g}}$$

| المخرج | زمن التفريغ | أقصى تدفق | ملاحظة |
|---|--:|--:|---|
| 25 مم | 36.3 دقيقة | 1.7 ل/ث | بطيء جدًا |
| 40 مم | 14.2 دقيقة | 4.2 ل/ث | المركّب الآن |
| 50 مم | 9.1 دقيقة | 6.6 ل/ث | يفي بالحد |

${fence}python
def drain_minutes(floor_m2, outlet_mm, level_m, cd=0.62):
    outlet_m2 = pi * (outlet_mm / 2000) ** 2
    return round(floor_m2 / (cd * outlet_m2) * sqrt(2 * level_m / 9.81) / 60, 1)
${fence}

## ما كنت لأفعله

- **اختر 50 مم.** المقاس التالي لا يستحق.
- **أبقِ الصنبور القديم** مخرجًا ثانيًا للخرطوم.`,
    second: 'اكتب ذلك قائمة مهام أطبعها، بكلمات بسيطة.',
    checklist: '## قبل أن تبدأ\n\n- [x] أغلق الصنبور وضع دلوًا تحته.\n- [ ] قِس الأنبوب القديم.\n\n## ركّب المخرج الأكبر\n\n- [ ] افتح الصنبور وانتظر 14 دقيقة.\n- [ ] فك الوصلة القديمة باليد.',
    others: ['مقارنة zstd وbrotli وgzip', 'وجبات الأسبوع في أقل من 20 دقيقة', 'شرح المد والجزر لطفل في العاشرة', 'قائمة أمتعة لأسبوع ممطر'],
};

// `world` has these `settings`.
export async function walk(world, page, { language, isPhone, show }) {
    const texts = language === 'ar' ? arabic : english;
    const api = (...call) => world.api(page.context()).then((ask) => ask(...call));
    const menu = async (button, name) => {
        await page.locator(button).click();
        await page.locator('.menu:popover-open').waitFor();
        await show(name);
        await page.keyboard.press('Escape');
        await page.locator('.menu:popover-open').waitFor({ state: 'detached' });
    };
    await page.goto(world.url);
    await page.locator('#mobile').waitFor();
    await page.evaluate(() => document.fonts.ready);
    await show('sign-in');
    await page.locator('#mobile').fill('12');
    await page.locator('button[type=submit]').click();
    await page.locator('#wrong').waitFor();
    await show('sign-in-wrong-number');
    await page.locator('[role=tab]').nth(1).click();
    await show('create-account');
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(world.nextMobile());
    await page.locator('#name').fill(texts.name);
    await page.locator('button[type=submit]').click();
    await page.locator('.otp input').waitFor();
    await show('code');
    await page.locator('.otp input').fill('000000');
    await page.locator('#wrong').waitFor();
    await show('code-wrong');
    await page.locator('.note.info button').click();
    await page.locator('#message').waitFor();
    await page.locator('.composer .tool').waitFor();
    await page.mouse.move(1, 1);
    await show('new-chat');
    if (isPhone) {
        await page.locator('.topbar .icon-btn').first().click();
        await page.locator('.rail-open .rail').waitFor();
        await show('list-empty');
        await page.keyboard.press('Escape');
    }
    for (const name of texts.others) await api('POST', '/chatroom/', { name });

    // A reply in its states.
    await world.sim.plan({ reset: true, next: [{ text: texts.reply, thoughts: texts.thoughts, fault: 'hang', after_chunks: Math.floor(texts.thoughts.length / 40) }] });
    await ask(page, texts.question);
    await page.locator('.think-line, .think-now').first().waitFor();
    await page.waitForFunction(() => /\d/.test(document.querySelector('.think summary, .think-now')?.textContent ?? ''));
    await show('thinking');
    await page.locator('.send.stop').click();
    await page.locator('.row.state').waitFor();
    await show('stopped');
    await world.sim.plan({ reset: true, next: [{ text: texts.reply, thoughts: texts.thoughts, chunks: 40, chunk_delay_ms: 5, fault: 'hang', after_chunks: 30 }] });
    await page.locator('.reply-body .row.state .btn').click();
    await page.locator('.prose.is-live table').waitFor();
    await rested(page);
    await show('writing');
    await page.locator('.send.stop').click();
    await page.locator('.row.state').waitFor();
    await world.sim.plan({ reset: true, next: [{ text: texts.reply, thoughts: texts.thoughts, citations: true }, { text: texts.checklist }], default: { text: texts.checklist } });
    await page.locator('.reply-body .row.state .btn').click();
    await page.locator('.sources').waitFor();
    await finished(page);
    await page.locator('.code .k, .code .fn').first().waitFor();
    await page.locator('.katex').first().waitFor();
    await page.locator('.scroll').evaluate((node) => (node.scrollTop = 0));
    await page.locator('.think summary').click();
    await page.locator('.thoughts p').first().waitFor();
    await rested(page);
    await show('reply');
    await page.locator('.think summary').click();
    await page.locator('.scroll').evaluate((node) => (node.scrollTop = node.scrollHeight));
    await rested(page);
    await show('reply-end');
    await page.locator('.prose a.cite').last().scrollIntoViewIfNeeded();
    if (isPhone) await page.locator('.prose a.cite').last().tap();
    else await page.locator('.prose a.cite').last().hover();
    await page.locator('.src-card').waitFor();
    await show('source');
    await page.keyboard.press('Escape');
    await menu('.topbar [aria-haspopup=menu]', 'menu-of-the-chat');
    await menu('.composer [aria-haspopup=listbox]', 'models');
    await ask(page, texts.second);
    await finished(page, 2);
    await rested(page);
    await show('checklist');
    await page.keyboard.press('Control+k');
    await page.locator('dialog[open] input').fill(texts.others[0].slice(0, 5));
    await page.locator('.hitrow').waitFor();
    await show('search');
    await page.locator('dialog[open] input').fill(texts.nothing);
    await page.locator('dialog[open] .empty').waitFor();
    await show('search-nothing');
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    if (isPhone) {
        await page.locator('.topbar .icon-btn').first().click();
        await page.locator('.rail-open .rail').waitFor();
        await rested(page);
        await show('list');
    }
    await menu('.acct', 'account-menu');
    if (isPhone) await page.keyboard.press('Escape');
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press('?');
    await page.locator('dialog[open]').waitFor();
    await show('keys');
    await page.keyboard.press('Escape');

    // The limit of the day, and what a failed reply says.
    await world.sim.plan({ reset: true, default: { status: 400, message: 'no' } });
    await ask(page, texts.others[1]);
    await page.locator('.note.bad').waitFor();
    await show('failed');
    await world.sim.plan({ reset: true, default: { text: texts.checklist } });
    for (let turn = 3; turn < 8 && !(await page.locator('.meter.out').count()); ++turn) {
        await ask(page, texts.others[2]);
        await page.waitForFunction((count) => !document.querySelector('.send.stop') && document.querySelectorAll('.turn.reply').length >= count && !document.querySelector('.bubble.pending'), turn + 1);
        await rested(page);
    }
    await page.locator('#message').fill(texts.second);
    await show('limit');
    await page.locator('#message').press(isPhone ? 'Control+Enter' : 'Enter');
    await page.locator('dialog[open]').waitFor();
    await show('limit-dialog');
    await page.keyboard.press('Escape');
    await page.context().setOffline(true);
    await page.locator('.banner').waitFor();
    await show('offline');
    await page.context().setOffline(false);
    await page.locator('.banner').waitFor({ state: 'detached' });
    await page.locator('.topbar [aria-haspopup=menu]').click();
    await page.locator('.menu-i.danger').click();
    await page.locator('dialog[open]').waitFor();
    await show('delete');
    await page.keyboard.press('Escape');

    // The other pages.
    await page.goto(`${world.url}/plan/`);
    await page.locator('.plan h2').first().waitFor();
    await show('plan');
    await page.goto(`${world.url}/account/`);
    await page.locator('.chart rect').first().waitFor();
    await page.locator('.list li').first().waitFor();
    await show('account');
    await page.locator('#usage').scrollIntoViewIfNeeded();
    await page.locator('#usage').evaluate((node) => node.scrollIntoView());
    await show('account-usage');
    await page.locator('#data').evaluate((node) => node.scrollIntoView());
    await page.locator('.btn.danger').click();
    await page.locator('dialog[open]').waitFor();
    await show('delete-account');
    await page.goto(`${world.url}/docs/#sendMessage`);
    await page.locator('.doc h1').waitFor();
    await show('docs');
    if (isPhone) {
        await page.locator('.topbar .icon-btn').first().click();
        await page.locator('.rail-open .rail').waitFor();
        await rested(page);
        await show('docs-list');
    }
    await page.goto(`${world.url}/chat/999999`);
    await page.locator('.whole-part').waitFor();
    await show('chat-that-is-gone');
    await page.goto(`${world.url}/nowhere`);
    await page.locator('.whole').waitFor();
    await show('nowhere');
}
