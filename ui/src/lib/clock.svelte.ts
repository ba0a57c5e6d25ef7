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
