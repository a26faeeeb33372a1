/**
 * Keeps a second process out of a folder: a socket in it answers as long as this process lives, however that ends.
 * A file with a process number would be believed after a restart in which another process has that number.
 */

import { renameSync, rmSync } from "node:fs";
import { type Server, connect, createServer } from "node:net";
import { join } from "node:path";
import { cannot } from "./cannot.js";

const FILE = "in-use";
/** What the address of a socket in the file system has room for on every system. */
const PATH_BYTES_MAX = 100;

/** The folder path is longer than a socket in it can have. */
export class FolderPathError extends Error {
    constructor() {
        super(`the path of the folder is too long: with the name of a file it may have ${PATH_BYTES_MAX} bytes`);
        this.name = "FolderPathError";
    }
}

/** Holds a folder; gives what lets go of it. An owner's command that fails, `busy`, where another process has it. */
export async function holdFolder(folder: string): Promise<() => void> {
    const path = join(folder, FILE);
    if (Buffer.byteLength(path) > PATH_BYTES_MAX) throw new FolderPathError();
    const server = (await listening(path)) ?? (await listeningAfter(path));
    return () => server.close(); // which removes the file
}

/** A socket that listens, or null where there is a file in its place. */
function listening(path: string): Promise<Server | null> {
    const server = createServer((caller) => caller.destroy());
    server.unref();
    return new Promise((resolve, reject) => {
        server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error)));
        server.listen(path, () => resolve(server));
    });
}

/** Takes the place of a process that was killed. The file is moved away first, so that of two who try one alone does. */
async function listeningAfter(path: string): Promise<Server> {
    if (await answers(path)) return cannot("busy");
    const old = `${path}.${process.pid}`;
    try {
        renameSync(path, old);
    } catch {
        return cannot("busy"); // somebody else was faster
    }
    if (await answers(old)) {
        renameSync(old, path);
        return cannot("busy");
    }
    rmSync(old, { force: true });
    return (await listening(path)) ?? cannot("busy");
}

function answers(path: string): Promise<boolean> {
    return new Promise((resolve) => {
        const caller = connect(path);
        caller.once("connect", () => {
            caller.destroy();
            resolve(true);
        });
        caller.once("error", () => resolve(false)); // nobody listens
    });
}
