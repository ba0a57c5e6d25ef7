// Where everything begins: who is signed in, in which language, and which page. What a page needs first is asked for before it is drawn.
import '../design/css/index.css';

import { mount } from 'svelte';

import { config } from '../lib/config.svelte.ts';
import { link } from '../lib/link.svelte.ts';
import { newer } from '../lib/newer.svelte.ts';
import { keepForOffline } from '../lib/offline.ts';
import { router } from '../lib/router.svelte.ts';
import { session } from '../lib/session.svelte.ts';
import { firstLanguage, speak } from '../lib/words/words.svelte.ts';
import App from './App.svelte';

router.start();
link.start();
void config.load();
const known = session.start();
await speak(firstLanguage()).catch(() => speak('en')); // A catalogue that is not to be had.
const page = document.getElementById('page');
if (page) mount(App, { target: page, props: { known } });
newer.start();
keepForOffline();
