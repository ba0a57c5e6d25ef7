// What tests print about lists of numbers. Figures are shown, not judged: what a shared machine takes for something proves nothing.

export function percentile(numbers, percent) {
    const sorted = [...numbers].sort((left, right) => left - right);
    return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)];
}

export const median = (numbers) => percentile(numbers, 50);

// Welch's t of two samples: how many standard errors lie between their means.
export function welch(left, right) {
    const about = (numbers) => {
        const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
        const square = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0);
        return { mean, error: square / (numbers.length - 1) / numbers.length };
    };
    const [one, other] = [about(left), about(right)];
    return (one.mean - other.mean) / Math.sqrt(one.error + other.error);
}

// The milliseconds that `action()` took.
export async function timed(action) {
    const began = performance.now();
    await action();
    return performance.now() - began;
}

export const ms = (milliseconds) => `${milliseconds.toFixed(1)} ms`;
