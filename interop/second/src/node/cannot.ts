/** An owner's command that cannot be done; nothing has changed (`interop/DRIVER.md`). */

export type Cannot = "unknown" | "invalid" | "unreachable" | "busy";

export class CannotError extends Error {
    readonly code: Cannot;

    constructor(code: Cannot) {
        super(`cannot: ${code}`);
        this.name = "CannotError";
        this.code = code;
    }
}

export function cannot(code: Cannot): never {
    throw new CannotError(code);
}
