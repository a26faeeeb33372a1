/** What those commands take that need no node that runs. */

import type { Form } from "./usage.js";

const PLACE_OPTIONS = {
    listen: "text",
    endpoint: "texts",
    host: "texts",
    proxy: "texts",
    allow: "texts",
    "tls-cert": "text",
    "tls-key": "text",
    "passphrase-file": "text",
} as const;

export const INIT: Form = { options: { name: "text", kind: "text", ...PLACE_OPTIONS } };
export const UP: Form = { options: { "passphrase-file": "text" } };
export const RECOVER: Form = { options: { from: "text", ...PLACE_OPTIONS } };
export const VERIFY: Form = { takes: ["file"] };
export const CARD_OF: Form = { takes: ["endpoint"], options: { allow: "texts" } };
