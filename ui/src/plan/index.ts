export { default as Page } from './Plan.svelte';
