export { default as Page } from './Docs.svelte';
