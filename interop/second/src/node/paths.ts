/** What stands behind the path of an endpoint (spec 13 §3 to §5 and §10). */

import { FRAME_BYTES_MAX, MAILBOX_BYTES, SERVICE_BYTES_MAX } from "../limits.js";

export const PACKETS_PATH = "/pcloud/1/packets";
export const PACKET_TYPE = "application/vnd.pcloud.packet";
export const PACKET_BYTES_MAX = MAILBOX_BYTES + FRAME_BYTES_MAX;
export const INVITATIONS_PATH = "/pcloud/1/invitations/";
/** At the origin, and not behind the path of an endpoint (TRANSPORT-17). */
export const CARD_PATH = "/.well-known/pcloud";

/** One kind of WebSocket. */
export interface Kind {
    readonly path: string;
    readonly protocol: string;
    /** The longest message, in bytes. */
    readonly bytesMax: number;
}

export const LINK: Kind = { path: "/pcloud/1/link", protocol: "pcloud.1", bytesMax: PACKET_BYTES_MAX };
export const SERVICE: Kind = { path: "/pcloud/1/service", protocol: "pcloud.service.1", bytesMax: SERVICE_BYTES_MAX };
