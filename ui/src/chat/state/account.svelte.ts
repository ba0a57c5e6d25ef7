// What the account may do: models, messages left today, and the plan's limits.
import type { Usage } from 'pollux-client';

import { keepBack } from '../../lib/back.ts';
import { router } from '../../lib/router.svelte.ts';
import { pollux, session } from '../../lib/session.svelte.ts';

type Model = Awaited<ReturnType<typeof listModels>>[number];
type Plan = Awaited<ReturnType<typeof listPlans>>[number];
export type Subscription = Awaited<ReturnType<typeof showSubscription>>;

const charactersUsualMax = 32_000;

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
    hasFailed = $state(false); // Something of it could not be had.
    plans = $state.raw<readonly Plan[]>([]);
    readonly #tier = $derived(this.usage?.tier ?? session.user?.tier);
    readonly #own = $derived(this.plans.find(({ name }) => name === this.#tier));
    readonly charactersMax = $derived(this.#own?.limits.message_characters_max ?? charactersUsualMax);
    readonly plan = $derived(this.#own?.title ?? null); // How the plan is called.
    // The next one that can be bought; none before it is known which one is had.
    readonly largerPlan = $derived.by(() => {
        if (this.#tier === undefined) return null;
        const rank = this.#own?.rank ?? 0;
        return this.plans.filter((plan) => plan.rank > rank && plan.prices.length > 0).sort((a, b) => a.rank - b.rank)[0]?.title ?? null;
    });

    async load(): Promise<void> {
        const all = await Promise.allSettled([this.loadUsage(), this.#loadModels(), this.#loadPlans(), this.#loadSubscription()]);
        this.hasFailed = all.some(({ status }) => status === 'rejected');
    }

    async loadUsage(): Promise<void> {
        this.usage = await pollux.get('/user/usage');
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
