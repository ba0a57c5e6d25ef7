export { default as Page } from './SignIn.svelte';
