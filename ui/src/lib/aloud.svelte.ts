// Reads a text of the page aloud, by the voices that this device has of its own: a voice of somebody's servers would be told the text. The
// word that is being said is marked; nothing is scrolled.
import { words } from './words/words.svelte.ts';

const blocks = 'p, li, h3, h4, h5, h6, th, td, .math';
const unsaid = '.code, .table-bar, .cite, .check, .katex-html, annotation, .sr';
const highlight = 'aloud';

interface Passage {
    readonly text: string;
    readonly pieces: readonly { readonly node: Text; readonly from: number }[];
}

class Aloud {
    #voices = $state.raw<readonly SpeechSynthesisVoice[]>([]);
    reading = $state<string | null>(null); // Whose text it is: the key of a turn.
    isPaused = $state(false);
    #hasLooked = false;
    #run = 0;

    get isPossible(): boolean {
        return this.#voices.length > 0;
    }

    // Which voices there are; some browsers know it only later.
    look(): void {
        if (this.#hasLooked || !('speechSynthesis' in globalThis)) return;
        this.#hasLooked = true;
        const take = () => (this.#voices = speechSynthesis.getVoices().filter(({ localService }) => localService));
        take();
        speechSynthesis.addEventListener('voiceschanged', take);
        addEventListener('pagehide', () => this.stop());
    }

    start(key: string, root: Element): void {
        this.stop();
        const passages = passagesOf(root);
        if (passages.length === 0) return;
        this.reading = key;
        const run = ++this.#run;
        const next = () => {
            if (run !== this.#run) return;
            const passage = passages.shift();
            if (passage) this.#say(passage, next, () => run === this.#run);
            else this.stop();
        };
        next();
    }

    pause(): void {
        this.isPaused = true;
        speechSynthesis.pause();
    }

    resume(): void {
        this.isPaused = false;
        speechSynthesis.resume();
    }

    // `key`: only if that is what is read.
    stop(key?: string): void {
        if (this.reading === null || (key !== undefined && key !== this.reading)) return;
        ++this.#run;
        this.reading = null;
        this.isPaused = false;
        unmark();
        speechSynthesis.cancel();
        speechSynthesis.resume(); // A browser that was paused would stay so for the next text.
    }

    #say(passage: Passage, then: () => void, isCurrent: () => boolean): void {
        const said = new SpeechSynthesisUtterance(passage.text);
        said.lang = languageOf(passage.text);
        const fitting = this.#voices.filter(({ lang }) => lang.toLowerCase().startsWith(said.lang.slice(0, 2)));
        said.voice = fitting.find((voice) => voice.default) ?? fitting[0] ?? this.#voices.find((voice) => voice.default) ?? this.#voices[0] ?? null;
        said.addEventListener('boundary', ({ name, charIndex }) => {
            if (name === 'word' && isCurrent()) mark(passage, charIndex);
        });
        said.addEventListener('end', then);
        said.addEventListener('error', then);
        speechSynthesis.speak(said);
    }
}

export const aloud = new Aloud();

// What is said, block by block: text without code, bars and numbers of sources.
function passagesOf(root: Element): Passage[] {
    const passages: { text: string; pieces: { node: Text; from: number }[]; block: Element | null }[] = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode as Text;
        if (node.parentElement?.closest(unsaid)) continue;
        const block = node.parentElement?.closest(blocks) ?? null;
        let last = passages.at(-1);
        if (!last || last.block !== block) passages.push((last = { text: '', pieces: [], block }));
        last.pieces.push({ node, from: last.text.length });
        last.text += node.data;
    }
    return passages.filter(({ text }) => /[\p{L}\p{N}]/u.test(text));
}

function languageOf(text: string): string {
    if (/\p{Script=Arabic}/u.test(text)) return 'ar';
    return words.language === 'ar' ? (navigator.languages.find((language) => !language.startsWith('ar')) ?? 'en') : (navigator.languages[0] ?? 'en');
}

function mark({ text, pieces }: Passage, at: number): void {
    if (!('highlights' in CSS)) return;
    const end = at + (/^\S+/.exec(text.slice(at))?.[0].length ?? 0);
    const range = new Range();
    const place = (offset: number, isEnd: boolean) => {
        const piece = pieces.findLast(({ from }) => (isEnd ? from < offset : from <= offset)) ?? pieces[0];
        return piece && { node: piece.node, offset: Math.min(offset - piece.from, piece.node.length) };
    };
    const [first, last] = [place(at, false), place(end, true)];
    if (!first?.node.isConnected || !last?.node.isConnected) return;
    range.setStart(first.node, first.offset);
    range.setEnd(last.node, last.offset);
    CSS.highlights.set(highlight, new Highlight(range));
}

function unmark(): void {
    if ('highlights' in CSS) CSS.highlights.delete(highlight);
}
