// The scrolling of a conversation. The reader owns it: nothing that arrives moves what is being read.
//
// A spacer below the last turn makes room, so that a question that was sent glides once to the top; the reply then grows into the spacer and
// the page's height stays. Past the fold the view does not follow, unless the reader asked for it, until he scrolls up by any means.
// A banner above the view makes it shorter from above: the text is scrolled by as much, and stays where it is in the window.
const topGap = 16; // px between the top bar and a question that was sent
const glideMs = 260;
const settleFrames = 4;
const farScreens = 4; // What is farther away is jumped to.
const nearEnd = 72; // px from the end that still count as being there: the room below the last line

export class ThreadScroll {
    readonly #scroller: HTMLElement;
    readonly #content: HTMLElement;
    readonly #spacer: HTMLElement;
    readonly #onFold: (isBelow: boolean) => void;
    readonly #observer: ResizeObserver;
    #anchor: HTMLElement | null = null; // The question that stands at the top.
    #holds = false; // It stands there because it was sent, and nobody has scrolled since.
    #follows = false;
    #lastTop = 0;
    #below = false;
    #gliding = 0;
    #gap = topGap; // px between the top of the view and that question
    #viewTop: number; // px of the top of the view in the window
    #lead = 0; // px above the first turn: what the view would have to be scrolled back beyond its beginning
    #reach = 0; // px from its beginning to where there must be something to scroll to, be it nothing

    constructor(scroller: HTMLElement, content: HTMLElement, spacer: HTMLElement, onFold: (isBelow: boolean) => void) {
        this.#scroller = scroller;
        this.#content = content;
        this.#spacer = spacer;
        this.#onFold = onFold;
        this.#viewTop = scroller.getBoundingClientRect().top;
        this.#observer = new ResizeObserver(() => this.#resized());
        this.#observer.observe(content);
        this.#observer.observe(scroller);
        scroller.addEventListener('scroll', this.#scrolled, { passive: true });
        scroller.addEventListener('wheel', this.#touched, { passive: true });
        scroller.addEventListener('touchmove', this.#touched, { passive: true });
    }

    destroy(): void {
        this.#observer.disconnect();
        cancelAnimationFrame(this.#gliding);
        this.#scroller.removeEventListener('scroll', this.#scrolled);
        this.#scroller.removeEventListener('wheel', this.#touched);
        this.#scroller.removeEventListener('touchmove', this.#touched);
    }

    // A question was sent: it glides to the top, once.
    ask(question: HTMLElement): void {
        this.#anchor = question;
        this.#gap = topGap;
        this.#reach = 0;
        this.#holds = true;
        this.#follows = false;
        this.#glide(() => this.#topOf(question) - topGap);
    }

    // Where a room opens: at a place that was kept, at a turn, or at its end.
    openAt(place: { turn: HTMLElement; offset?: number } | { top: number } | 'end'): void {
        this.#holds = typeof place === 'object' && 'turn' in place && place.offset === undefined;
        if (place === 'end') return this.#glide(() => this.#scroller.scrollHeight, true);
        if ('top' in place) return this.#glide(() => place.top, true);
        const { turn, offset } = place;
        this.#gap = topGap;
        this.#reach = 0;
        if (offset === undefined) this.#anchor = turn;
        this.#glide(() => this.#topOf(turn) - (offset ?? topGap), true);
    }

    // To the latest, and on with it.
    follow(): void {
        this.#holds = false;
        this.#follows = true;
        this.#glide(() => this.#end);
    }

    // Following is the default where the reader has chosen it.
    followIfAtEnd(): void {
        if (!this.#below) this.#follows = true;
    }

    toTurn(turn: HTMLElement): void {
        this.#holds = false;
        this.#follows = false;
        this.#glide(() => this.#topOf(turn) - topGap);
    }

    // As it was last: once the page has let go of it, nothing is scrolled any more.
    get top(): number {
        return this.#lastTop;
    }

    // The first turn in view, and how far its top is from that of the view; null at the end of what there is.
    get place(): { turn: HTMLElement; offset: number } | null {
        const turn = this.#below ? this.#firstSeen() : null;
        return turn && { turn, offset: turn.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top };
    }

    get isBelow(): boolean {
        return this.#below;
    }

    // Keeps what stands at the top where it is while `change` puts something above it. Where the browser anchors, it does so itself.
    async keepPlace(change: () => void | Promise<void>): Promise<void> {
        const anchors = CSS.supports('overflow-anchor', 'auto') && this.#scroller.scrollTop > 0;
        const turn = this.#firstSeen();
        const before = turn?.getBoundingClientRect().top ?? 0;
        await change();
        if (anchors || !turn?.isConnected) return;
        this.#scroller.scrollTop += turn.getBoundingClientRect().top - before;
        this.#lastTop = this.#scroller.scrollTop;
    }

    // --------------------------------------------------------------------------------------------------------------------------------------

    #firstSeen(): HTMLElement | null {
        const top = this.#scroller.getBoundingClientRect().top;
        for (const turn of this.#content.querySelectorAll<HTMLElement>('.turn')) if (turn.getBoundingClientRect().bottom > top) return turn;
        return null;
    }

    #topOf(turn: HTMLElement): number {
        return turn.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top + this.#scroller.scrollTop;
    }

    // The end of what is written, without the spacer, at the foot of the view.
    get #end(): number {
        return Math.max(0, this.#contentBottom - this.#scroller.clientHeight);
    }

    get #isAtEnd(): boolean {
        return this.#scroller.scrollHeight - this.#scroller.clientHeight - this.#scroller.scrollTop < 1;
    }

    get #contentBottom(): number {
        return this.#content.getBoundingClientRect().bottom - this.#scroller.getBoundingClientRect().top + this.#scroller.scrollTop;
    }

    #fit(): void {
        let height = Math.max(0, this.#reach - this.#contentBottom);
        if (this.#anchor?.isConnected) {
            const below = this.#contentBottom - this.#topOf(this.#anchor);
            height = Math.max(height, Math.floor(this.#scroller.clientHeight - this.#gap - below));
        }
        this.#spacer.style.blockSize = `${height}px`;
    }

    // The view begins lower or higher in the window than it did.
    #shift(): void {
        const top = this.#scroller.getBoundingClientRect().top;
        const by = top - this.#viewTop;
        if (Math.abs(by) < 0.5) return;
        this.#viewTop = top;
        if (this.#gliding !== 0) return; // It ends where it should.
        this.#gap -= by;
        const taken = Math.min(this.#lead, Math.max(0, by));
        // From where it was: of a view that has grown the browser may have moved it already.
        const wanted = this.#lastTop + by - taken;
        this.#setLead(this.#lead - taken + Math.max(0, -wanted));
        this.#reach = wanted + this.#scroller.clientHeight;
        this.#fit();
        this.#scroller.scrollTop = Math.max(0, wanted);
        this.#lastTop = this.#scroller.scrollTop;
    }

    #setLead(px: number): void {
        if (px === this.#lead) return;
        this.#lead = px;
        this.#content.style.marginBlockStart = px === 0 ? '' : `${px}px`;
    }

    #resized(): void {
        this.#shift();
        this.#fit();
        if (this.#follows && this.#gliding === 0) {
            this.#scroller.scrollTop = Math.max(this.#scroller.scrollTop, this.#end);
            this.#lastTop = this.#scroller.scrollTop;
        } else if (this.#holds && this.#gliding === 0 && this.#anchor?.isConnected) {
            // What shrinks below it (the line that says "Thinking") leaves less to scroll for a moment, and the browser moved the view.
            const top = this.#topOf(this.#anchor) - this.#gap;
            if (Math.abs(this.#scroller.scrollTop - top) >= 1) this.#scroller.scrollTop = top;
            this.#lastTop = this.#scroller.scrollTop;
        }
        this.#look();
    }

    #scrolled = (): void => {
        const top = this.#scroller.scrollTop;
        // What is below shrank, and the browser took the view to the new end: that was not the reader.
        if (this.#gliding === 0 && top < this.#lastTop - 1 && this.#isAtEnd) {
            this.#lastTop = top;
            return this.#resized();
        }
        if (this.#gliding === 0 && top < this.#lastTop - 1) this.#follows = false;
        if (this.#gliding === 0 && Math.abs(top - this.#lastTop) > 1) this.#holds = false;
        this.#lastTop = top;
        this.#look();
    };

    // The reader's hand ends a glide.
    #touched = (): void => {
        this.#holds = false;
        cancelAnimationFrame(this.#gliding);
        this.#gliding = 0;
    };

    #look(): void {
        const below = this.#contentBottom - (this.#scroller.scrollTop + this.#scroller.clientHeight) > nearEnd;
        if (below === this.#below) return;
        this.#below = below;
        this.#onFold(below);
    }

    // Where `to` is may change on the way: turns that come into view take their own height instead of a guessed one. So it is asked at each
    // frame, and for some frames at the end.
    #glide(to: () => number, isJump = false): void {
        cancelAnimationFrame(this.#gliding);
        this.#gliding = 0;
        const target = () => {
            this.#fit();
            return Math.max(0, Math.min(to(), this.#scroller.scrollHeight - this.#scroller.clientHeight));
        };
        const put = (top: number) => {
            if (Math.abs(this.#scroller.scrollTop - top) >= 0.5) this.#scroller.scrollTop = top;
            this.#lastTop = this.#scroller.scrollTop;
        };
        const from = this.#scroller.scrollTop;
        const jumps = isJump || matchMedia('(prefers-reduced-motion: reduce)').matches || Math.abs(target() - from) > farScreens * this.#scroller.clientHeight;
        if (jumps) put(target());
        const began = performance.now();
        let rest = settleFrames;
        const step = (now: number) => {
            const part = jumps ? 1 : Math.min(1, Math.max(0, (now - began) / glideMs));
            put(from + (target() - from) * (1 - (1 - part) ** 3));
            if (part < 1 || --rest > 0) {
                this.#gliding = requestAnimationFrame(step);
                return;
            }
            this.#gliding = 0;
            if (this.#follows) put(Math.max(this.#scroller.scrollTop, this.#end));
            this.#look();
        };
        this.#gliding = requestAnimationFrame(step);
        this.#look();
    }
}
