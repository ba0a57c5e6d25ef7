// Short notices at the foot of the page: six seconds, longer while somebody points at them or has the focus there.
export interface Toast {
    readonly id: number;
    readonly text: string;
    readonly isError: boolean;
    readonly action: { readonly label: string; readonly act: () => void } | null;
}

const shownMs = 6000;

class Toasts {
    list = $state.raw<readonly Toast[]>([]);
    #last = 0;
    #timers = new Map<number, number>();

    show(text: string, { isError = false, action = null }: { isError?: boolean; action?: Toast['action'] } = {}): void {
        const toast = { id: ++this.#last, text, isError, action };
        this.list = [...this.list.filter((other) => other.text !== text).slice(-2), toast];
        this.go(toast.id);
    }

    error(text: string, action: Toast['action'] = null): void {
        this.show(text, { isError: true, action });
    }

    hold(id: number): void {
        clearTimeout(this.#timers.get(id));
    }

    go(id: number): void {
        this.hold(id);
        this.#timers.set(
            id,
            window.setTimeout(() => this.close(id), shownMs),
        );
    }

    close(id: number): void {
        this.hold(id);
        this.#timers.delete(id);
        this.list = this.list.filter((toast) => toast.id !== id);
    }
}

export const toasts = new Toasts();
