// The time, as something that pages may show: it goes on every second while somebody looks at it.
import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
});

export function now(): number {
    subscribe();
    return Date.now();
}

const lookMs = 60_000; // Timers stand still while a device sleeps, and a day may end meanwhile.

function startOfHour(later = 0): number {
    const now = new Date();
    return new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() + later).getTime();
}

const subscribeToHour = createSubscriber((update) => {
    let shown = startOfHour();
    let timer = 0;
    const look = () => {
        const begun = startOfHour();
        if (begun !== shown) {
            shown = begun;
            update();
        }
        timer = window.setTimeout(look, Math.min(lookMs, startOfHour(1) - Date.now()));
    };
    look();
    return () => clearTimeout(timer);
});

// The hour on the wall, for what hangs on it or on the day: it changes as they do, at midnight too.
export function hour(): Date {
    subscribeToHour();
    return new Date(startOfHour());
}
