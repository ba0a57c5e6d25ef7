// Where everything begins: who is signed in, in which language, and which page. What a page needs first is asked for before it is drawn.
import '../design/css/index.css';

import { mount } from 'svelte';

import { config } from '../lib/config.svelte.ts';
import { newer } from '../lib/newer.svelte.ts';
import { keepForOffline } from '../lib/offline.ts';
import { router } from '../lib/router.svelte.ts';
import { session } from '../lib/session.svelte.ts';
import { firstLanguage, speak } from '../lib/words/words.svelte.ts';
import App from './App.svelte';
import { roomOf, rooms } from './rooms.ts';

router.start();
void config.load();
const known = session.start();
// Its script is here beside this one (index.html): it asks for the list and the open chat while words come and the page is made.
if (roomOf(router.place) === 'chat') void rooms['chat']?.().catch(() => {});
// Not awaited here: scripts of rooms share a file with this one, and would wait with it.
void speak(firstLanguage())
    .catch(() => speak('en')) // A catalogue that is not to be had.
    .then(() => {
        const page = document.getElementById('page');
        if (page) mount(App, { target: page, props: { known } });
        newer.start();
        keepForOffline();
    });
