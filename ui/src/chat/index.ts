export { default as Page } from './Chat.svelte';
