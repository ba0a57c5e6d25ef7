// Which models can be chosen: those that are allowed, and locked ones where they lead to a plan that can be bought. What was chosen already is
// always among them.
export function offered<Model extends { readonly id: string; readonly allowed: boolean }>(models: readonly Model[], chosen: string | null, canBuy: boolean): Model[] {
    return models.filter(({ id, allowed }) => allowed || canBuy || id === chosen);
}
