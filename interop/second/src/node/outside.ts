/** What a node is made of, and what is made around it. */

import type { WebSocket } from "ws";
import type { Surroundings } from "../engine/scope.js";
import type { Clock } from "./clock.js";
import type { Entropy } from "./entropy.js";
import type { Packet } from "./links.js";
import type { Memory } from "./memory.js";
import type { Node } from "./node.js";

/** What a node is made of. */
export interface Outside {
    readonly memory: Memory;
    readonly clock: Clock;
    readonly entropy: Entropy;
    readonly around: Surroundings;
    /** Networks in which it may dial, beside the public ones. */
    readonly allowed: readonly string[];
    /** Takes lines for whoever runs the node. */
    readonly tell: (line: string) => void;
    /** What is done once the port is open, and before anything is sent. */
    readonly opening: (node: Node) => Promise<void>;
    /** Lets go of the folder when the node has ended. */
    readonly release: () => void;
}

/** What a node does for others, and has others do for it, beside its relationships (spec 20, spec 22). */
export interface Services {
    readonly isServing: boolean;
    start(): Promise<void>;
    stop(): void;
    /** A relationship has changed. */
    settled(id: string): Promise<void>;
    /** Somebody opened a service line. */
    line(socket: WebSocket): void;
    /** Keeps a packet for a mailbox that is none of this node's own; false where there is none (RELAY-18). */
    came(packet: Packet): boolean;
    /** The blob that somebody else published here. */
    blob(mailbox: string): Uint8Array | undefined;
    /** Time was set forward. */
    passed(): void;
    /** How many frames are kept for others. */
    readonly kept: number;
    /** Whether a holder has all of this node; what it lacks is brought now. */
    hasAll(peer: string): boolean;
}
