// What is said in the walk through the states (states.mjs), in the language of the pages.
const fence = '```';
export const english = {
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
export const arabic = {
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
