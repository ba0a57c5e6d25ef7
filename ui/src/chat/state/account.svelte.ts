// What the account may do: models, messages left today, and the plan's limits.
import type { Usage } from 'pollux-client';

import { keepBack } from '../../lib/back.ts';
import { router } from '../../lib/router.svelte.ts';
import { pollux, session } from '../../lib/session.svelte.ts';

type Model = Awaited<ReturnType<typeof listModels>>[number];
export type Subscription = Awaited<ReturnType<typeof showSubscription>>;

const charactersUsualMax = 32_000;

async function listModels() {
    return (await pollux.get('/models', { params: { query: { all: true } } })).results;
}

function showSubscription() {
    return pollux.get('/subscription/status');
}

class Account {
    models = $state.raw<readonly Model[]>([]);
    usage = $state.raw<Usage | null>(null);
    subscription = $state.raw<Subscription | null>(null);
    hasFailed = $state(false); // Something of it could not be had.
    charactersMax = $state(charactersUsualMax);
    plan = $state<string | null>(null); // How the plan is called.
    largerPlan = $state<string | null>(null); // The next one that can be bought.

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
        const { results } = await pollux.get('/plans');
        const tier = this.usage?.tier ?? session.user?.tier;
        const own = results.find(({ name }) => name === tier);
        this.charactersMax = own?.limits.message_characters_max ?? charactersUsualMax;
        this.plan = own?.title ?? null;
        const larger = results.filter(({ rank, prices }) => rank > (own?.rank ?? 0) && prices.length > 0).sort((a, b) => a.rank - b.rank);
        this.largerPlan = larger[0]?.title ?? null;
    }

    async #loadSubscription(): Promise<void> {
        this.subscription = await showSubscription();
    }
}

export const account = new Account();
