export { default as Page } from './Chat.svelte';
export { begin } from './state/begin.ts';
