/** Sleep that somebody can end. */

export class Waker {
    #wake: (() => void) | null = null;
    #isAwake = false;

    /** Ends the sleep, or the next one at once. */
    wake(): void {
        this.#isAwake = true;
        this.#wake?.();
    }

    /** Until it is woken, or so many milliseconds. */
    async sleep(ms: number): Promise<void> {
        if (!this.#isAwake) {
            await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, ms);
                this.#wake = () => {
                    clearTimeout(timer);
                    resolve();
                };
            });
        }
        this.#wake = null;
        this.#isAwake = false;
    }
}
