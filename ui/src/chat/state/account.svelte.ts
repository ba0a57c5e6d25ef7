// What the account may do: models, messages left today, and the plan's limits.
import { PolluxError, type Usage } from 'pollux-client';

import { toasts } from '../../design/toasts.svelte.ts';
import { keepBack } from '../../lib/back.ts';
import { isolated } from '../../lib/format.ts';
import { router } from '../../lib/router.svelte.ts';
import { pollux, session, tell } from '../../lib/session.svelte.ts';
import { say, type Word } from '../../lib/words/words.svelte.ts';

type Model = Awaited<ReturnType<typeof listModels>>[number];
type Plan = Awaited<ReturnType<typeof listPlans>>[number];
export type Subscription = Awaited<ReturnType<typeof showSubscription>>;

const charactersUsualMax = 32_000;
const restFirstMs = 4000; // Before what failed is asked for again,
const restMaxMs = 60_000; // and at most, doubled each time.

interface Part {
    readonly failed: Word; // What did not load.
    readonly load: () => Promise<void>;
}

async function listModels() {
    return (await pollux.get('/models', { params: { query: { all: true } } })).results;
}

async function listPlans() {
    return (await pollux.get('/plans')).results;
}

function showSubscription() {
    return pollux.get('/subscription/status');
}

class Account {
    models = $state.raw<readonly Model[]>([]);
    usage = $state.raw<Usage | null>(null);
    subscription = $state.raw<Subscription | null>(null);
    hasFailed = $state(false); // Something of it could not be had; it is asked for again by itself.
    plans = $state.raw<readonly Plan[]>([]);
    readonly #tier = $derived(this.usage?.tier ?? session.user?.tier);
    readonly #own = $derived(this.plans.find(({ name }) => name === this.#tier));
    readonly charactersMax = $derived(this.#own?.limits.message_characters_max ?? charactersUsualMax);
    readonly plan = $derived(this.#own?.title ?? null); // How the plan is called.
    // The next one that can be bought; none before it is known which one is had.
    readonly larger = $derived.by(() => {
        if (this.#tier === undefined) return null;
        const rank = this.#own?.rank ?? 0;
        return this.plans.filter((plan) => plan.rank > rank && plan.prices.length > 0).sort((a, b) => a.rank - b.rank)[0] ?? null;
    });
    readonly largerPlan = $derived(this.larger?.title ?? null); // How it is called.

    readonly #parts: readonly Part[] = [
        { failed: 'usage_failed', load: () => this.loadUsage() },
        { failed: 'models_failed', load: () => this.#loadModels() },
        { failed: 'plans_failed', load: () => this.#loadPlans() },
        { failed: 'standing_failed', load: () => this.#loadSubscription() },
    ];
    #missing: readonly Part[] = [];
    #timer: number | undefined;
    #restMs = restFirstMs;

    async load(): Promise<void> {
        this.#restMs = restFirstMs;
        await this.#ask(this.#parts, true);
    }

    async loadUsage(): Promise<void> {
        this.usage = await pollux.get('/user/usage');
    }

    // What fails is asked for again, alone and ever more seldom. What the server says of it is told once, with the request under which operators
    // find it; that there is no connection stands in a banner.
    async #ask(parts: readonly Part[], tells: boolean): Promise<void> {
        clearTimeout(this.#timer);
        const failed = (await Promise.allSettled(parts.map(({ load }) => load()))).flatMap((result, index) => {
            const part = parts[index];
            return result.status === 'rejected' && part ? [{ part, reason: result.reason as unknown }] : [];
        });
        this.#missing = failed.map(({ part }) => part);
        this.hasFailed = failed.length > 0;
        if (!this.hasFailed || session.user === null) return;
        const told = failed.find(({ reason }) => reason instanceof PolluxError && reason.status > 0);
        if (tells && told) this.#tell(told.part, told.reason);
        const wanted = Math.max(0, ...failed.map(({ reason }) => (reason instanceof PolluxError ? (reason.retryAfterMs ?? 0) : 0)));
        clearTimeout(this.#timer);
        this.#timer = window.setTimeout(() => void this.#ask(this.#missing, false), Math.max(wanted, this.#restMs));
        this.#restMs = Math.min(this.#restMs * 2, restMaxMs);
    }

    #tell({ failed }: Part, reason: unknown): void {
        const request = reason instanceof PolluxError && reason.requestId !== null ? ` ${say('request_is', { id: isolated(reason.requestId) })}` : '';
        toasts.error(`${say(failed)} ${tell(reason)}${request}`, { label: say('again'), act: () => void this.#ask(this.#missing, true) });
    }

    async planChanged(): Promise<void> {
        await Promise.allSettled([session.refresh(), this.load()]);
    }

    labelOf(model: string | null): string {
        if (model === null) return '';
        return this.models.find(({ id }) => id === model)?.label ?? model;
    }

    get defaultModel(): Model | undefined {
        return this.models.find(({ is_default }) => is_default);
    }

    // To the plans, and back to where one was.
    seePlans(): void {
        keepBack(location.pathname);
        router.go('/plan');
    }

    // Replies are samples: the server has no model but the one for trying out.
    get isDemo(): boolean {
        return this.defaultModel?.id === 'demo';
    }

    get hasPaymentNews(): boolean {
        return this.subscription?.status === 'past_due' || Boolean(this.subscription?.cancels_at);
    }

    async keepPlan(): Promise<void> {
        this.subscription = await pollux.post('/subscription/reactivate');
    }

    async mendPayment(): Promise<void> {
        location.assign((await pollux.post('/subscription/portal', { body: { flow: 'payment_method', return_url: location.href } })).url);
    }

    async #loadModels(): Promise<void> {
        this.models = await listModels();
    }

    async #loadPlans(): Promise<void> {
        this.plans = await listPlans();
    }

    async #loadSubscription(): Promise<void> {
        this.subscription = await showSubscription();
    }
}

export const account = new Account();
